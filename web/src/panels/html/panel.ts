// Logged pages over steps, each in a frame that reaches nothing outside itself.
import { mediaPanel } from "../media/mediaPanel";

export default mediaPanel({ type: "html", kinds: ["html-file"], size: "tall", load: () => import("./View") });
