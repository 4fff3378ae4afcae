// Fixture of a panel type, for tests: a subject that the type shows, and data to show.
import type { KeyInfo } from "../api/types";
import type { Subject } from "./types";

export interface PanelFixture<T> {
  subject: Subject;
  data: T;
}

/** A key that one finished run logged once, unless `info` says otherwise. */
export function keySubject(key: string, kind: string, info: Partial<KeyInfo> = {}): Subject {
  return { place: "workspace", anyRunning: false, keyInfo: { key, kinds: [kind], runs: 1, points: 1, first_step: 0, last_step: 0, ...info } };
}
