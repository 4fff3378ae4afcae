// Tables over steps: sorted, searched, as long as they were logged.
import type { WorkspacePanelType } from "../types";

const panel: WorkspacePanelType = {
  type: "table",
  title: "Tables",
  place: "workspace",
  needs: "values",
  cardTestId: "media-card",
  size: "large",
  match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.includes("table-file") ? 40 : 0),
  load: () => import("./View"),
};

export default panel;
