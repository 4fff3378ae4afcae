// Text, booleans and lists: the newest logged values of one run.
import { kindPanel } from "../kindPanel";

export default kindPanel({
  type: "text",
  kinds: ["string", "bool", "list"],
  match: 5,
  needs: "values",
  cardTestId: "value-card",
  load: () => import("./View"),
});
