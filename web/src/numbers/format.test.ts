// Numbers, durations and times as text.
import { expect, test } from "vitest";
import { formatAgo, formatCount, formatDuration, formatExact, formatNumber, formatPlural, formatTicks } from "./format";

test("four significant digits, and no more than the value has", () => {
  expect([0.74451234, 0.83, 0, 5, 49500, 1234.567, 0.000031234, 5e-5, 1.5e12, -0.25].map(formatNumber)).toEqual([
    "0.7445",
    "0.83",
    "0",
    "5",
    "49,500",
    "1,234.6",
    "3.12e-5",
    "5e-5",
    "1.5e12",
    "−0.25",
  ]);
});

test("NaN and the infinities have names", () => {
  expect([NaN, Infinity, -Infinity].map(formatNumber)).toEqual(["NaN", "∞", "−∞"]);
  expect([NaN, Infinity, -Infinity].map(formatExact)).toEqual(["NaN", "∞", "−∞"]);
  expect(formatDuration(Infinity)).toBe("∞");
});

test("the exact form reads back as the same number", () => {
  for (const value of [0.1 + 0.2, 1 / 3, 123456789.123456]) expect(Number(formatExact(value))).toBe(value);
});

test("ticks of one axis show what tells them apart", () => {
  expect(formatTicks([0, 0.25, 0.5, 0.75])).toEqual(["0", "0.25", "0.5", "0.75"]);
  expect(formatTicks([0, 20000, 40000])).toEqual(["0", "20,000", "40,000"]);
  expect(formatTicks([0, 2e-5, 4e-5])).toEqual(["0", "2e-5", "4e-5"]);
  expect(formatTicks([1000000, 1000000.5])).toEqual(["1,000,000", "1,000,000.5"]);
  expect(formatTicks([-1, 0])).toEqual(["−1", "0"]);
});

test("counts are short", () => {
  expect([0, 999, 1000, 49500, 123456, 2.5e6, 3e9].map(formatCount)).toEqual(["0", "999", "1k", "49.5k", "123k", "2.5M", "3G"]);
  expect([formatPlural(1, "value"), formatPlural(0, "value"), formatPlural(2000, "value")]).toEqual(["1 value", "0 values", "2,000 values"]);
});

test("durations use two units", () => {
  expect([0.5, 12, 75, 3723, 90061, -75].map(formatDuration)).toEqual(["0.5s", "12s", "1m 15s", "1h 2m", "1d 1h", "−1m 15s"]);
});

test("times ago", () => {
  const now = 1_000_000_000;
  const ago = (seconds: number) => formatAgo((now / 1000 - seconds) * 1e6, now);
  expect([0, 30, 600, 7200, 200000, -5].map(ago)).toEqual(["just now", "30 s ago", "10 min ago", "2 h ago", "2 d ago", "just now"]);
});
