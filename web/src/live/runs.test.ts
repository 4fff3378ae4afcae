// Pushed runs and those known.
import { expect, test } from "vitest";
import { makeRunInfo } from "../runs/fixture";
import { retryDelayMillis } from "./connection";
import { growingRuns, lagSeconds, mergeRuns, settledRuns } from "./runs";

test("changed runs are replaced in place, new ones come first", () => {
  const held = [makeRunInfo("b"), makeRunInfo("a")];
  const merged = mergeRuns(held, [makeRunInfo("a", { rows: 99 }), makeRunInfo("c", { created_us: 5 }), makeRunInfo("d", { created_us: 9 })]);
  expect(merged.map(({ run, rows }) => `${run}${rows}`)).toEqual(["d11", "c11", "b11", "a99"]);
  expect(held.map(({ rows }) => rows)).toEqual([11, 11]);
});

test("a run that ended, or got rows after its end, is read again; one that still grows is not", () => {
  const held = [makeRunInfo("ended", { state: "running" }), makeRunInfo("late"), makeRunInfo("same"), makeRunInfo("on", { state: "running" })];
  const pushed = [makeRunInfo("ended"), makeRunInfo("late", { rows: 12 }), makeRunInfo("same"), makeRunInfo("on", { state: "running", rows: 20 })];
  expect([...settledRuns(held, pushed)]).toEqual(["ended", "late"]);
  expect([...growingRuns(held)]).toEqual(["ended", "on"]);
});

test("the lag is that of the newest value of any running run", () => {
  const runs = [
    makeRunInfo("a", { state: "running", summary: { _timestamp: 90 } }),
    makeRunInfo("b", { state: "running", heartbeat_us: 99_600_000 }),
    makeRunInfo("c", { summary: { _timestamp: 99.9 } }),
  ];
  expect(lagSeconds(runs, 100_000_000)).toBeCloseTo(0.4);
  expect(lagSeconds(runs.slice(0, 1), 80_000_000)).toBe(0);
  expect(lagSeconds(runs.slice(2), 100_000_000)).toBeNull();
});

test("retries wait longer each time, with jitter, up to a limit", () => {
  expect([retryDelayMillis(0, 0), retryDelayMillis(0, 1), retryDelayMillis(3, 1), retryDelayMillis(30, 1)]).toEqual([250, 500, 4000, 15000]);
});
