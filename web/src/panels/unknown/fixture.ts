// A kind that no panel type knows.
import type { LoggedValue } from "../../api/types";
import { keySubject, type PanelFixture } from "../fixture";

const fixture: PanelFixture<LoggedValue> = {
  subject: keySubject("scan", "hologram-file"),
  data: { step: 0, kind: "hologram-file", value: { _type: "hologram-file", path: "media/scan.holo" } },
};

export default fixture;
