// Order of values of every sort.
import { expect, test } from "vitest";
import { sortedBy } from "./order";

const sorted = (values: unknown[], descending = false) => sortedBy(values, (value) => value, descending);

test("infinities, large integers and numbers inside names compare as one expects", () => {
  expect(sorted([0, -Infinity])).toEqual([-Infinity, 0]);
  expect(sorted([9223372036854775807n, 1])).toEqual([1, 9223372036854775807n]);
  expect(sorted(["run-10", "run-9"])).toEqual(["run-9", "run-10"]);
  expect(sorted(["a", 1], true)).toEqual([1, "a"]);
});

test("an empty text counts as nothing, in tables of runs and logged ones alike", () => {
  for (const descending of [false, true]) expect(sorted(["", "a", null, NaN, 1], descending)).toEqual([1, "a", NaN, "", null]);
});
