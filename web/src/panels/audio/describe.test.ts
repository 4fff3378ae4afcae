// What is said of a clip.
import { expect, test } from "vitest";
import { describeClip } from "./describe";
import fixture from "./fixture";

test("length, rate and format, as far as they are known", () => {
  expect(describeClip(fixture.data)).toBe("1s · 22.05 kHz · wav");
  expect(describeClip({ _type: "audio-file", path: "x.mp3", format: "mp3" })).toBe("mp3");
});
