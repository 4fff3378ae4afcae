// A short animation.
import type { VideoRecord } from "../../api/records";
import { keySubject, type PanelFixture } from "../fixture";

const fixture: PanelFixture<VideoRecord> = {
  subject: keySubject("rollout", "video-file"),
  data: { _type: "video-file", path: "media/videos/rollout.gif", format: "gif", width: 96, height: 64, fps: 8, frames: 12, caption: "episode 3" },
};

export default fixture;
