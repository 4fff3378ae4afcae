// The keys that go round: x axis and smoothing.
import { expect, test } from "vitest";
import { nextSmoothing, nextXAxis } from "./choices";

test("goes round, and from a metric back to the first", () => {
  expect(["_step", "_runtime", "_timestamp", "epoch"].map(nextXAxis)).toEqual(["_runtime", "_timestamp", "_step", "_step"]);
});

test("smoothing goes to the next stop from wherever the slider is, and back to off", () => {
  expect([0, 0.3, 0.6, 0.95, 0.99].map(nextSmoothing)).toEqual([0.6, 0.6, 0.9, 0.99, 0]);
});
