// A histogram of the summary as a small bar chart inside a table cell.
import { isHistogram } from "../../api/values";
import type { SummaryPanelType } from "../types";

const panel: SummaryPanelType = {
  type: "hist-spark",
  place: "summary",
  needs: "summary",
  match: (subject) => (subject.place === "summary" && isHistogram(subject.value) ? 10 : 0),
  load: () => import("./View"),
};

export default panel;
