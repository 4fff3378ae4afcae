// Which element shows a video.
import { expect, test } from "vitest";
import fixture from "./fixture";
import { isAnimation } from "./kind";

test("a GIF is a picture, everything else is played", () => {
  expect(isAnimation(fixture.data)).toBe(true);
  expect(isAnimation({ _type: "video-file", path: "media/videos/x.GIF" })).toBe(true);
  expect(isAnimation({ _type: "video-file", path: "media/videos/x.gif.mp4", format: "mp4" })).toBe(false);
});
