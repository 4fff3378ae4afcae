// Media that no view draws yet: what they are, and their files.
import type { WorkspacePanelType } from "../types";
import { NOUNS } from "./nouns";

const panel: WorkspacePanelType = {
  type: "attachment",
  title: "Files",
  place: "workspace",
  needs: "values",
  cardTestId: "media-card",
  // A view that draws one of them only has to want it more.
  match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.some((kind) => kind in NOUNS) ? 10 : 0),
  load: () => import("./View"),
};

export default panel;
