// Values of the API's JSON.

import { expect, test } from "vitest";
import golden from "../../../tests/data/golden_values.tsv?raw";
import { decodeValue, flatten, isHistogram, newestFirst } from "./values";

test("floats that JSON cannot hold come back as numbers, large integers as bigints", () => {
  const float = (value: string) => decodeValue({ _type: "float", value });
  expect([float("NaN"), float("Infinity"), float("-Infinity")]).toEqual([NaN, Infinity, -Infinity]);
  expect(decodeValue({ _type: "int", value: "9223372036854775807" })).toBe(9223372036854775807n);
  expect(decodeValue("NaN")).toBe("NaN");
  expect(decodeValue({ _type: "int", value: "many" })).toEqual({ _type: "int", value: "many" });
});

test("nested dicts become dotted keys; lists, tagged values and empty dicts are leaves", () => {
  const histogram = { _type: "histogram", bins: [0, 1], values: [3] };
  const flat = flatten({ a: { b: 1, c: { d: { _type: "float", value: "NaN" } } }, list: [1, { x: 2 }], h: histogram, none: {} });
  expect([...flat]).toEqual([
    ["a.b", 1],
    ["a.c.d", NaN],
    ["list", [1, { x: 2 }]],
    ["h", histogram],
    ["none", {}],
  ]);
  expect(isHistogram(flat.get("h"))).toBe(true);
});

test("a list of histograms is not a histogram", () => {
  const histogram = { _type: "histogram", bins: [0, 1], values: [3] };
  expect(isHistogram({ _type: "histogram", count: 2, items: [histogram, histogram] })).toBe(false);
});

test("the newest is first, also within a step", () => {
  const captions = [
    { step: 0, kind: "string", value: "first" },
    { step: 5, kind: "string", value: "second" },
    { step: 5, kind: "string", value: "third" },
  ];
  expect(newestFirst(captions).map(({ value }) => value)).toEqual(["third", "second", "first"]);
});

test("the golden values are shown as they were logged, from answers and from files", () => {
  const lines = golden.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of lines) {
    const [name, , file = "", answer = "", text = ""] = line.split("\t");
    if (text === "") continue;
    expect([name, String(decodeValue(JSON.parse(file))), String(decodeValue(JSON.parse(answer)))]).toEqual([name, text, text]);
  }
  expect(lines.length).toBeGreaterThan(20);
});
