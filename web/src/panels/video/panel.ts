// Videos over steps.
import type { WorkspacePanelType } from "../types";

const panel: WorkspacePanelType = {
  type: "video",
  title: "Videos",
  place: "workspace",
  needs: "values",
  cardTestId: "media-card",
  size: "tall",
  match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.includes("video-file") ? 40 : 0),
  load: () => import("./View"),
};

export default panel;
