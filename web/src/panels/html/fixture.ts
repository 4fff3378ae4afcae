// A page.
import type { MediaRecord } from "../../api/records";
import type { PanelFixture } from "../fixture";

const fixture: PanelFixture<MediaRecord> = {
  subject: { place: "workspace", anyRunning: false, keyInfo: { key: "report", kinds: ["html-file"], runs: 1, points: 1, first_step: 0, last_step: 0 } },
  data: { _type: "html-file", path: "media/html/report.html" },
};

export default fixture;
