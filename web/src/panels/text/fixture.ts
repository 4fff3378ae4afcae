// Captions, two of them for the same step.
import type { LoggedValue } from "../../api/types";
import { keySubject, type PanelFixture } from "../fixture";

const fixture: PanelFixture<LoggedValue[]> = {
  subject: keySubject("caption", "string", { points: 3, last_step: 5 }),
  data: [
    { step: 0, kind: "string", value: "first" },
    { step: 5, kind: "string", value: "second" },
    { step: 5, kind: "string", value: "third" },
  ],
};

export default fixture;
