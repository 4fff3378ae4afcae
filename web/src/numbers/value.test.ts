// Values in one line.

import { expect, test } from "vitest";
import { describeClip, formatValue } from "./value";

test("an array says what it is and its statistics", () => {
  const array = {
    _type: "array",
    path: "media/arrays/x.npy",
    size: 1000,
    shape: [10, 100],
    dtype: "float32",
    min: -3.5,
    max: 3,
    mean: 0.25,
    std: 1,
    "50%": 0.2,
  };
  expect(formatValue(array)).toBe("float32 [10, 100], mean 0.25, std 1, min −3.5, max 3");
  expect(formatValue({ ...array, nan: 7 })).toMatch(/max 3, 7 NaN$/);
  expect(formatValue({ ...array, mean: { _type: "float", value: "NaN" } })).toBe("float32 [10, 100], std 1, min −3.5, max 3");
});

test("a medium is named, several are counted", () => {
  const image = { _type: "image-file", path: "a.png", width: 144, height: 96 };
  expect(formatValue(image)).toBe("image 144 × 96");
  expect(formatValue({ _type: "image-file", count: 2, items: [image, image] })).toBe("2 images");
  expect(formatValue({ _type: "table-file", path: "t.table.json", nrows: 200000, ncols: 5, columns: [] })).toBe("table 200,000 × 5");
  expect(formatValue({ _type: "object3D-file", path: "o.npy", format: "npy", shape: [500, 3] })).toBe("3D object of 500 × 3");
  expect(formatValue({ _type: "video-file", path: "v.gif", width: 96, height: 64, frames: 12 })).toBe("video 96 × 64, 12 frames");
  expect(formatValue({ _type: "html-file", path: "p.html" })).toBe("page");
  expect(formatValue({ _type: "histogram", count: 2, items: [{ _type: "histogram", bins: [0, 1], values: [1] }] })).toBe("1 histogram");
});

test("what nobody knows stays as it was sent", () => {
  expect(formatValue({ _type: "hologram-file", path: "x" })).toBe('{"_type":"hologram-file","path":"x"}');
  expect(formatValue({ a: [1, 2n] })).toBe('{"a":[1,"2"]}');
});

test("any value in one line", () => {
  const histogram = { _type: "histogram", bins: [0, 1, 2], values: [1, 2] };
  expect([true, "x", null, undefined, [1, 2n], 12n, histogram].map(formatValue)).toEqual(["true", "x", "", "", '[1,"2"]', "12", "histogram of 2 bins"]);
});

test("bytes are counted, and the first of those that are there are shown", () => {
  expect(formatValue({ _type: "bytes", length: 3, base64: "/wAB" })).toBe("3 bytes: ff 00 01");
  expect(formatValue({ _type: "bytes", length: 13, base64: "AAECAwQFBgcICQoLDA==" })).toBe("13 bytes: 00 01 02 03 04 05 06 07 08 09 0a 0b …");
  expect(formatValue({ _type: "bytes", length: 1 })).toBe("1 byte");
  expect(formatValue({ _type: "bytes", length: 3, base64: "no base64!" })).toBe("3 bytes");
});

test("a dict of a user's that only looks like a record is shown as it is", () => {
  expect(formatValue({ _type: "array" })).toBe('{"_type":"array"}');
  expect(formatValue({ _type: "histogram", bins: 3 })).not.toBe("");
  expect(formatValue({ _type: "object3D-file", shape: "round" })).toBe("3D object");
});

test("length, rate and format, as far as they are known", () => {
  expect(describeClip({ _type: "audio-file", path: "x.wav", format: "wav", sample_rate: 22050, duration: 1 })).toBe("1s · 22.05 kHz · wav");
  expect(describeClip({ _type: "audio-file", path: "x.mp3", format: "mp3" })).toBe("mp3");
});
