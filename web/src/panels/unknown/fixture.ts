// A kind that no panel type knows.
import type { LoggedValue } from "../../api/types";
import type { PanelFixture } from "../fixture";

const fixture: PanelFixture<LoggedValue> = {
  subject: { place: "workspace", anyRunning: false, keyInfo: { key: "scan", kinds: ["hologram-file"], runs: 1, points: 1, first_step: 0, last_step: 0 } },
  data: { step: 0, kind: "hologram-file", value: { _type: "hologram-file", path: "media/scan.holo" } },
};

export default fixture;
