// Histograms of one run over steps, as a heat map.
import { kindPanel } from "../kindPanel";

export default kindPanel({
  type: "hist-heatmap",
  kinds: ["histogram"],
  match: 30,
  needs: "histograms",
  cardTestId: "heatmap-card",
  load: () => import("./View"),
});
