// The time-weighted moving average.
import { expect, test } from "vitest";
import { twema } from "./twema";

const steps = (n: number) => Array.from({ length: n }, (_, i) => i);

test("a constant stays what it is from the first point on", () => {
  for (const value of twema(steps(5), [3, 3, 3, 3, 3], 0.9, 40)) expect(value).toBeCloseTo(3, 12);
});

test("weight 0 changes nothing", () => {
  expect([...twema(steps(3), [1, 5, 2], 0, 2)]).toEqual([1, 5, 2]);
});

test("follows its formula: kept = sqrt(weight) ^ (1000 · distance / range), without the bias of the start", () => {
  const kept = Math.sqrt(0.8) ** (1000 * (2 / 500));
  const [first, second] = twema([10, 12], [1, 4], 0.8, 500);
  expect(first).toBe(1);
  expect(second).toBeCloseTo((1 * kept + 4) / (kept + 1), 12);
});

test("depends on the distance in x: twice as many points in the same range end at the same height", () => {
  const ramp = (n: number) =>
    twema(
      steps(n).map((i) => (i * 1000) / (n - 1)),
      steps(n).map((i) => i / (n - 1)),
      0.9,
      1000,
    );
  expect(ramp(2001).at(-1)).toBeCloseTo(ramp(1001).at(-1) as number, 2);
});

test("NaN and infinity stay and leave the state untouched", () => {
  const smoothed = twema([0, 1, 2, 3], [1, NaN, Infinity, 1], 0.9, 1000);
  expect([...smoothed]).toEqual([1, NaN, Infinity, 1]);
  const around = twema([0, 1, 2], [1, NaN, 5], 0.9, 1000);
  expect(around[2]).toBeCloseTo(twema([0, 2], [1, 5], 0.9, 1000)[1] as number, 12);
});

test("a weight of 1 still forgets", () => {
  expect(
    twema(
      steps(1001),
      steps(1001).map((i) => (i < 500 ? 0 : 1)),
      1,
      1000,
    ).at(-1),
  ).toBeGreaterThan(0.5);
});
