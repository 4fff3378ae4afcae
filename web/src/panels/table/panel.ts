// Tables over steps: sorted, searched, as long as they were logged.
import { mediaPanel } from "../media/mediaPanel";

export default mediaPanel({ type: "table", kinds: ["table-file"], size: "large", load: () => import("./View") });
