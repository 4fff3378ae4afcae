// Images over steps, run beside run, with their masks and boxes.
import { mediaPanel } from "../media/mediaPanel";

export default mediaPanel({ type: "image", kinds: ["image-file"], size: "large", load: () => import("./View") });
