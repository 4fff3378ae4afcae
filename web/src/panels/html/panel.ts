// Pages that were logged, each in a frame that reaches nothing outside itself.
import type { WorkspacePanelType } from "../types";

const panel: WorkspacePanelType = {
  type: "html",
  title: "Pages",
  place: "workspace",
  needs: "values",
  cardTestId: "media-card",
  size: "tall",
  match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.includes("html-file") ? 40 : 0),
  load: () => import("./View"),
};

export default panel;
