// Captions, two of them for the same step.
import type { LoggedValue } from "../../api/types";
import type { PanelFixture } from "../fixture";

const fixture: PanelFixture<LoggedValue[]> = {
  subject: { place: "workspace", anyRunning: false, keyInfo: { key: "caption", kinds: ["string"], runs: 1, points: 3, first_step: 0, last_step: 5 } },
  data: [
    { step: 0, kind: "string", value: "first" },
    { step: 5, kind: "string", value: "second" },
    { step: 5, kind: "string", value: "third" },
  ],
};

export default fixture;
