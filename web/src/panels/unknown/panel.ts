// Anything no other panel type shows: what it is, and its newest value as JSON.
import type { WorkspacePanelType } from "../types";

const panel: WorkspacePanelType = {
  type: "unknown",
  place: "workspace",
  needs: "values",
  cardTestId: "value-card",
  match: (subject) => (subject.place === "workspace" ? 1 : 0),
  load: () => import("./View"),
};

export default panel;
