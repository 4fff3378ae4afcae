// Runs that the charts show: the newest n, or an explicit list.
import { expect, test } from "vitest";
import { makeRunInfo } from "./fixture";
import { DEFAULT_SELECTION, selectRuns, toggleRun } from "./selection";

const runs = Array.from({ length: 12 }, (_, i) => makeRunInfo(`r${i}`));

test("by default the newest ten", () => {
  expect(selectRuns(runs, DEFAULT_SELECTION).map(({ run }) => run)).toEqual(runs.slice(0, 10).map(({ run }) => run));
});

test("hiding one of a rule leaves the others, showing one adds it", () => {
  const hidden = toggleRun(runs, { kind: "newest", count: 3 }, "r1");
  expect(hidden).toEqual({ kind: "ids", ids: ["r0", "r2"] });
  expect(selectRuns(runs, toggleRun(runs, hidden, "r11")).map(({ run }) => run)).toEqual(["r0", "r2", "r11"]);
});

test("a selected run that is gone is left out", () => {
  expect(selectRuns(runs, { kind: "ids", ids: ["gone", "r5"] }).map(({ run }) => run)).toEqual(["r5"]);
});
