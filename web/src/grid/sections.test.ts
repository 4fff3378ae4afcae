// Sections, search and step metrics of keys.
import { expect, test } from "vitest";
import { groupSections, matchKeys, sectionName } from "./sections";
import { isHidden, xOf } from "./stepMetric";

const info = (key: string) => ({ key, kinds: ["number"], runs: 1, points: 1, first_step: 0, last_step: 0 });
const metric = (name: string, step_metric: string | null, hidden = false) => ({ name, step_metric, hidden, summary: [], goal: null });

test("the part before the first slash names the section", () => {
  expect(["train/loss", "train/a/b", "loss", "/odd", "system/gpu.0.util"].map(sectionName)).toEqual(["train", "train", "charts", "charts", "system"]);
});

test("charts come first, system last, keys by name with numbers in order", () => {
  const sections = groupSections(["system/cpu", "val/x", "loss", "train/l10", "train/l9"].map(info));
  expect(sections.map(({ name, keys }) => [name, ...keys.map(({ key }) => key)])).toEqual([
    ["charts", "loss"],
    ["train", "train/l9", "train/l10"],
    ["val", "val/x"],
    ["system", "system/cpu"],
  ]);
});

test("the search is a regex, and an unfinished one is plain text", () => {
  const keys = ["train/loss", "val/Loss", "acc(top1)"].map(info);
  const found = (query: string) => matchKeys(keys, query).map(({ key }) => key);
  expect(found("^val|acc")).toEqual(["val/Loss", "acc(top1)"]);
  expect(found("LOSS$")).toEqual(["train/loss", "val/Loss"]);
  expect(found("acc(")).toEqual(["acc(top1)"]);
  expect(found("")).toHaveLength(3);
});

test("a metric's own step metric stands in for the plain step only", () => {
  const metrics = [metric("val/*", "epoch"), metric("val/f1", "batch"), metric("loss", null, true)];
  expect([xOf("val/loss", "_step", metrics), xOf("val/f1", "_step", metrics), xOf("train/loss", "_step", metrics)]).toEqual(["epoch", "batch", "_step"]);
  expect(xOf("val/loss", "_runtime", metrics)).toBe("_runtime");
  expect([isHidden("loss", metrics), isHidden("val/loss", metrics)]).toEqual([true, false]);
});

test("an exact name goes before the longest glob, and a shorter one comes last", () => {
  const metrics = [metric("*", "a"), metric("val/*", "b"), metric("val/acc*", "c"), metric("val/acc", "d"), metric("x\\.y", "e")];
  const axes = ["loss", "val/loss", "val/acc5", "val/acc", "x.y", "_own"].map((key) => xOf(key, "_step", metrics));
  expect(axes).toEqual(["a", "b", "c", "d", "e", "_step"]);
});
