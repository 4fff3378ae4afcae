// A histogram as a summary holds it.
import type { Histogram } from "../../api/values";
import type { PanelFixture } from "../fixture";

const data: Histogram = { _type: "histogram", bins: [0, 1, 2, 3], values: [1, 5, 2] };
const fixture: PanelFixture<Histogram> = { subject: { place: "summary", value: data }, data };

export default fixture;
