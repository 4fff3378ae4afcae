// Images over steps, run beside run, with their masks and boxes.
import type { WorkspacePanelType } from "../types";

const panel: WorkspacePanelType = {
  type: "image",
  title: "Images",
  place: "workspace",
  needs: "values",
  cardTestId: "media-card",
  size: "large",
  match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.includes("image-file") ? 40 : 0),
  load: () => import("./View"),
};

export default panel;
