// Records of media.
import { expect, test } from "vitest";
import { isAnimation } from "./records";

test("a GIF is a picture, everything else is played", () => {
  expect(isAnimation({ _type: "video-file", path: "media/videos/rollout.gif", format: "gif" })).toBe(true);
  expect(isAnimation({ _type: "video-file", path: "media/videos/x.GIF" })).toBe(true);
  expect(isAnimation({ _type: "video-file", path: "media/videos/x.gif.mp4", format: "mp4" })).toBe(false);
});
