// Line charts: numbers over x, one line per run or per rank.
import type { WorkspacePanelType } from "../types";

const panel: WorkspacePanelType = {
  type: "line",
  title: "Line chart",
  place: "workspace",
  needs: "series",
  cardTestId: "chart-card",
  match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.includes("number") ? 10 : 0),
  load: () => import("./View"),
};

export default panel;
