// Merging of reads and live pushes.
import { expect, test } from "vitest";
import type { PanelColumns, SeriesColumns } from "../api/batch";
import { ByteLru } from "./lru";
import { mergePush, mergeRead, panelBytes, seriesId } from "./merge";

function series(run: string, version: number, length = version): SeriesColumns {
  const x = Float64Array.from({ length }, (_, i) => i);
  return {
    run,
    key: "loss",
    label: null,
    exact: true,
    points: length,
    length,
    version,
    x,
    mean: x,
    min: null,
    max: null,
    first: null,
    last: null,
    count: null,
  };
}
const columns = (bucketWidth: number, ...all: SeriesColumns[]): PanelColumns => ({ id: "p", x: "_step", bucketWidth, series: all });
const id = (run: string) => seriesId({ run, key: "loss", label: null });

test("a push replaces the series that changed and keeps the others", () => {
  const panel = mergeRead(undefined, columns(4, series("a", 5), series("b", 5)));
  expect(mergePush(panel, columns(8, series("b", 9)))).toBe(true);
  expect([panel.series.get(id("a"))?.version, panel.series.get(id("b"))?.version]).toEqual([5, 9]);
  expect([panel.series.get(id("a"))?.bucketWidth, panel.series.get(id("b"))?.bucketWidth]).toEqual([4, 8]);
});

test("a push that brings nothing new asks for no redraw", () => {
  const panel = mergeRead(undefined, columns(4, series("a", 5)));
  expect(mergePush(panel, columns(4, series("a", 5)))).toBe(false);
  expect(mergePush(panel, columns(4, series("a", 3)))).toBe(false);
  expect(panel.series.get(id("a"))?.length).toBe(5);
});

test("a read that was overtaken by a push does not bring the old series back", () => {
  const panel = mergeRead(undefined, columns(4, series("a", 5)));
  mergePush(panel, columns(4, series("a", 9)));
  expect(mergeRead(panel, columns(4, series("a", 7), series("c", 1))).series.get(id("a"))?.version).toBe(9);
  expect(mergeRead(panel, columns(4, series("a", 10))).series.get(id("a"))?.version).toBe(10);
});

test("a series that a later read no longer holds is gone", () => {
  const panel = mergeRead(undefined, columns(4, series("a", 5), series("b", 5)));
  expect([...mergeRead(panel, columns(4, series("b", 5))).series.keys()]).toEqual([id("b")]);
});

test("labels tell series of one run apart", () => {
  expect(seriesId({ run: "a", key: "k", label: null })).not.toBe(seriesId({ run: "a", key: "k", label: "*" }));
});

test("a panel's size counts its columns", () => {
  expect(panelBytes(mergeRead(undefined, columns(4, series("a", 10))))).toBe(160);
});

test("the cache forgets what was used longest ago once it is full", () => {
  const cache = new ByteLru<string>(100);
  cache.set("a", "A", 40);
  cache.set("b", "B", 40);
  expect(cache.get("a")).toBe("A");
  cache.set("c", "C", 40);
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual(["A", undefined, "C"]);
  cache.set("huge", "H", 1000);
  expect([cache.get("a"), cache.get("huge")]).toEqual([undefined, "H"]);
});
