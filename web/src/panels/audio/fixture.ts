// A clip of one second.
import type { AudioRecord } from "../../api/records";
import { keySubject, type PanelFixture } from "../fixture";

const fixture: PanelFixture<AudioRecord> = {
  subject: keySubject("speech", "audio-file"),
  data: { _type: "audio-file", path: "media/audio/speech.wav", format: "wav", sample_rate: 22050, duration: 1, caption: "a note" },
};

export default fixture;
