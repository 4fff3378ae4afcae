// A clip of one second.
import type { AudioRecord } from "../../api/records";
import type { PanelFixture } from "../fixture";

const fixture: PanelFixture<AudioRecord> = {
  subject: { place: "workspace", anyRunning: false, keyInfo: { key: "speech", kinds: ["audio-file"], runs: 1, points: 1, first_step: 0, last_step: 0 } },
  data: { _type: "audio-file", path: "media/audio/speech.wav", format: "wav", sample_rate: 22050, duration: 1, caption: "a note" },
};

export default fixture;
