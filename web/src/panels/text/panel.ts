// Text, booleans and lists: the newest logged values of one run.
import type { WorkspacePanelType } from "../types";

const SHOWN_KINDS = ["string", "bool", "list"];

const panel: WorkspacePanelType = {
  type: "text",
  title: "Text values",
  place: "workspace",
  needs: "values",
  cardTestId: "value-card",
  match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.some((kind) => SHOWN_KINDS.includes(kind)) ? 5 : 0),
  load: () => import("./View"),
};

export default panel;
