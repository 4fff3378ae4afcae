// Sounds over steps.
import { mediaPanel } from "../media/mediaPanel";

export default mediaPanel({ type: "audio", kinds: ["audio-file"], load: () => import("./View") });
