// Bars start at zero in both directions.
import { expect, test } from "vitest";
import { makeBars } from "./bars";
import fixture from "./fixture";

test("negative values grow to the left of zero", () => {
  const [up, down] = makeBars(fixture.data.values);
  expect(up?.start).toBeCloseTo(1 / 3);
  expect(up?.length).toBeCloseTo(2 / 3);
  expect(down).toEqual({ start: 0, length: 1 / 3 });
});

test("what is not finite has no bar and does not stretch the others", () => {
  expect(makeBars([NaN, 2, Infinity])).toEqual([null, { start: 0, length: 1 }, null]);
});
