// Names and ticks of the axes.
import { expect, test } from "vitest";
import { xName } from "../../view/choices";
import { formatX, isRoundMagnitude } from "./axes";

test("the axes of every run have names, a key is its own", () => {
  expect(["_step", "_runtime", "_timestamp", "epoch"].map(xName)).toEqual(["step", "relative time", "wall time", "epoch"]);
});

test("x is told in its own unit", () => {
  expect(formatX("_step", 22110)).toBe("22,110");
  expect(formatX("_runtime", 3723)).toBe("1h 2m");
  expect(formatX("_timestamp", 0)).toMatch(/^19(69|70)-/);
});

test("a logarithmic axis labels 1, 2 and 5 of each decade", () => {
  expect([1, 2, 3, 5, 0.001, 0.002, 1e9, 0.01222, 0].filter(isRoundMagnitude)).toEqual([1, 2, 5, 0.001, 0.002, 1e9]);
});
