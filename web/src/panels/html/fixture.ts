// A page.
import type { MediaRecord } from "../../api/records";
import { keySubject, type PanelFixture } from "../fixture";

const fixture: PanelFixture<MediaRecord> = {
  subject: keySubject("report", "html-file"),
  data: { _type: "html-file", path: "media/html/report.html" },
};

export default fixture;
