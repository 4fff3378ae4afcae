// Histograms of one run over steps, as a heat map.
import type { WorkspacePanelType } from "../types";

const panel: WorkspacePanelType = {
  type: "hist-heatmap",
  title: "Histogram heat map",
  place: "workspace",
  needs: "histograms",
  cardTestId: "heatmap-card",
  match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.includes("histogram") ? 30 : 0),
  load: () => import("./View"),
};

export default panel;
