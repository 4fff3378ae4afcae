// Line charts: numbers over x, one line per run or per rank.
import { kindPanel } from "../kindPanel";

export default kindPanel({
  type: "line",
  kinds: ["number"],
  match: 10,
  needs: "series",
  cardTestId: "chart-card",
  load: () => import("./View"),
});
