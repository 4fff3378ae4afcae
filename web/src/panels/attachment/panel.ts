// Media without a view of their own: their records, and links to their files.
import { mediaPanel } from "../media/mediaPanel";
import { KINDS } from "./facts";

// A view that draws one of them only has to match it higher.
export default mediaPanel({ type: "attachment", kinds: KINDS, match: 10, load: () => import("./View") });
