// Ranges of axes and their ticks.
import { expect, test } from "vitest";
import { emptyExtent, isEmpty, niceTicks, padLinear, padLog, quantileExtent, widen } from "./extent";

test("NaN, infinities and, if asked, what is not positive do not widen", () => {
  const extent = emptyExtent();
  widen(extent, [NaN, Infinity, -Infinity]);
  expect(isEmpty(extent)).toBe(true);
  widen(extent, [-1, 0, 3], true);
  expect(extent).toEqual({ min: 3, max: 3 });
});

test("room is added around the data, but not below zero for data above it", () => {
  expect(padLinear({ min: 0.1, max: 10 }).min).toBe(0);
  expect(padLinear({ min: -10, max: 10 })).toEqual({ min: -11, max: 11 });
  expect(padLinear({ min: 5, max: 5 })).toEqual({ min: 4.5, max: 5.5 });
  expect(padLinear(emptyExtent())).toEqual({ min: 0, max: 1 });
  const { min, max } = padLog({ min: 1, max: 100 });
  expect(min).toBeGreaterThan(0.5);
  expect(min).toBeLessThan(1);
  expect(max).toBeGreaterThan(100);
});

test("quantiles leave the extremes out", () => {
  const values = [...Array.from({ length: 98 }, (_, i) => i), 1e9, NaN];
  expect(quantileExtent(values, 0.02, 0.98)).toEqual({ min: 2, max: 96 });
  expect(isEmpty(quantileExtent([NaN], 0, 1))).toBe(true);
});

test("ticks are round and inside the range", () => {
  expect(niceTicks(0, 1, 4)).toEqual([0, 0.5, 1]);
  expect(niceTicks(-3, 47, 5)).toEqual([0, 10, 20, 30, 40]);
  expect(niceTicks(5, 5, 4)).toEqual([5]);
});
