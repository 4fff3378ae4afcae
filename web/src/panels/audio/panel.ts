// Sounds over steps.
import type { WorkspacePanelType } from "../types";

const panel: WorkspacePanelType = {
  type: "audio",
  title: "Audio",
  place: "workspace",
  needs: "values",
  cardTestId: "media-card",
  match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.includes("audio-file") ? 40 : 0),
  load: () => import("./View"),
};

export default panel;
