// A short animation.
import type { VideoRecord } from "../../api/records";
import type { PanelFixture } from "../fixture";

const fixture: PanelFixture<VideoRecord> = {
  subject: { place: "workspace", anyRunning: false, keyInfo: { key: "rollout", kinds: ["video-file"], runs: 1, points: 1, first_step: 0, last_step: 0 } },
  data: { _type: "video-file", path: "media/videos/rollout.gif", format: "gif", width: 96, height: 64, fps: 8, frames: 12, caption: "episode 3" },
};

export default fixture;
