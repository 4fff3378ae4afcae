// Single values: a number that each run logged once, as bars side by side.
import type { WorkspacePanelType } from "../types";

const panel: WorkspacePanelType = {
  type: "scalar",
  place: "workspace",
  needs: "summary",
  cardTestId: "value-card",
  // While a run can still log, a second point may follow, and a line shows both cases.
  match: (subject) =>
    subject.place === "workspace" && !subject.anyRunning && subject.keyInfo.kinds.includes("number") && subject.keyInfo.points <= subject.keyInfo.runs ? 20 : 0,
  load: () => import("./View"),
};

export default panel;
