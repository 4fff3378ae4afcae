// Stops of the step slider.
import { expect, test } from "vitest";
import { mergeStops, stopAt, stopBeside } from "./steps";

const STOPS = [0, 10, 40];

test("a step between two stops shows what was logged last", () => {
  expect([0, 9, 10, 39.5, 40, 1000].map((step) => stopAt(STOPS, step))).toEqual([0, 0, 10, 10, 40, 40]);
});

test("before the first stop it is shown all the same, and no step means the newest", () => {
  expect(stopAt([5, 9], 2)).toBe(5);
  expect(stopAt(STOPS, null)).toBe(40);
  expect([stopAt([], 3), stopBeside([], 3, 1)]).toEqual([null, null]);
});

test("the arrows go from stop to stop and end at both ends", () => {
  expect(stopBeside(STOPS, 12, 1)).toBe(40);
  expect(stopBeside(STOPS, 12, -1)).toBe(0);
  expect(stopBeside(STOPS, null, -1)).toBe(10);
  expect([stopBeside(STOPS, 40, 1), stopBeside(STOPS, 0, -1)]).toEqual([40, 0]);
});

test("the stops of several runs are one list", () => {
  expect(mergeStops([[0, 20], [10, 20], []])).toEqual([0, 10, 20]);
});
