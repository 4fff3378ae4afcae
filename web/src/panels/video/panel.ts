// Videos over steps.
import { mediaPanel } from "../media/mediaPanel";

export default mediaPanel({ type: "video", kinds: ["video-file"], size: "tall", load: () => import("./View") });
