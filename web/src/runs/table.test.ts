// Sorting and filtering of runs.
import { expect, test } from "vitest";
import { makeRunInfo } from "./fixture";
import { allColumns, filterRuns, sortRuns } from "./table";

const runs = [
  makeRunInfo("a", { config: { lr: 0.1, opt: { name: "adamw" } }, summary: { loss: 3 }, tags: ["baseline"] }),
  makeRunInfo("b", { config: { lr: 0.001 }, summary: { loss: { _type: "float", value: "NaN" } }, state: "failed" }),
  makeRunInfo("c", { config: { lr: 0.01, opt: { name: "lion" } }, summary: { loss: 20 } }),
  makeRunInfo("d", { summary: {} }),
];
const ids = (list: typeof runs) => list.map(({ run }) => run).join("");

test("numbers sort as numbers; NaN and nothing stay last both ways", () => {
  expect(ids(sortRuns(runs, { column: "summary.loss", descending: false }))).toBe("acbd");
  expect(ids(sortRuns(runs, { column: "summary.loss", descending: true }))).toBe("cabd");
});

test("nested config is a column", () => {
  expect(ids(sortRuns(runs, { column: "config.opt.name", descending: true }))).toBe("cabd");
});

test("equal values keep their order, in both directions", () => {
  expect(ids(sortRuns(runs, { column: "runtime", descending: true }))).toBe("abcd");
  expect(ids(sortRuns(runs, { column: "no such column", descending: false }))).toBe("abcd");
});

test("every word of the filter must occur somewhere in the run", () => {
  expect(ids(filterRuns(runs, "NAME baseline"))).toBe("a");
  expect(ids(filterRuns(runs, "failed"))).toBe("b");
  expect(ids(filterRuns(runs, "opt.name=lion"))).toBe("c");
  expect(ids(filterRuns(runs, "lion baseline"))).toBe("");
  expect(ids(filterRuns(runs, " "))).toBe("abcd");
});

test("columns are those of any run, config first, private ones last", () => {
  const more = [...runs, makeRunInfo("e", { config: { _internal: 1, aa: 1 } })];
  expect(allColumns(more)).toEqual(["config.aa", "config.lr", "config.opt.name", "config._internal", "summary.loss"]);
});

test("media come after what a table compares", () => {
  const summary = { audio: { _type: "audio-file", path: "a.wav" }, loss: 1, weights: { _type: "histogram", bins: [0, 1], values: [2] }, _step: 3 };
  expect(allColumns([makeRunInfo("m", { summary })])).toEqual(["summary.loss", "summary.weights", "summary.audio", "summary._step"]);
});
