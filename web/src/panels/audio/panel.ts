// Sounds over steps.
import { mediaPanel } from "../media/mediaPanel";

export default mediaPanel({ type: "audio", title: "Audio", kinds: ["audio-file"], load: () => import("./View") });
