// What each panel type's `fixture.ts` exports: a subject that the type shows, and data to show.
import type { Subject } from "./types";

export interface PanelFixture<T> {
  subject: Subject;
  data: T;
}
