// The model of a line chart from what was loaded.

import { expect, test } from "vitest";
import { formatCount } from "../../numbers/format";
import type { PanelRun } from "../types";
import fixture, { makeBuckets, makeExact, makePanel, makeRun } from "./fixture";
import { buildModel, modelCsv, seriesRefs } from "./model";

const VIEW = { smoothing: 0, logY: false, band: true, ignoreOutliers: false };
const { panel, runs } = fixture.data;
const refs = seriesRefs("loss", runs, "primary");
const build = (view = {}, window: [number, number] | null = null) => buildModel({ panel, refs, runs, view: { ...VIEW, ...view }, window, formatCount });

test("the y range holds the band's spike, and without the band only the means", () => {
  expect(build().y.max).toBeGreaterThan(9);
  const { y } = build({ band: false });
  expect(y.max).toBeGreaterThan(4);
  expect(y.max).toBeLessThan(5);
});

test("only values inside the window set the y range", () => {
  expect(build({ band: false }, [190, 400]).y.max).toBeLessThan(2.5);
});

test("ignoring outliers leaves a single spike out of the range", () => {
  const x = Array.from({ length: 100 }, (_, i) => i);
  const spiky = makePanel(
    makeExact(
      "a",
      x,
      x.map((i) => (i === 50 ? 1000 : i / 100)),
    ),
  );
  const model = (ignoreOutliers: boolean) =>
    buildModel({
      panel: spiky,
      refs: seriesRefs("loss", [makeRun("a")], "primary"),
      runs: [makeRun("a")],
      view: { ...VIEW, ignoreOutliers },
      window: null,
      formatCount,
    });
  expect(model(false).y.max).toBeGreaterThan(999);
  expect(model(true).y.max).toBeLessThan(2);
});

test("a logarithmic axis never reaches zero", () => {
  const zeros = makePanel(makeExact("a", [0, 1, 2], [0, -1, 10]));
  const { y } = buildModel({ panel: zeros, refs, runs, view: { ...VIEW, logY: true }, window: null, formatCount });
  expect(y.min).toBeGreaterThan(0);
  expect(y.max).toBeGreaterThanOrEqual(10);
});

test("NaN and infinities are not counted as drawn and do not break the range", () => {
  const broken = makePanel(makeExact("a", [0, 1, 2, 3], [NaN, Infinity, -Infinity, 5]));
  const model = buildModel({ panel: broken, refs, runs, view: VIEW, window: null, formatCount });
  expect(model.points).toBe(1);
  expect(model.y.min).toBeLessThan(5);
  expect(model.y.max).toBeGreaterThan(5);
  expect(Number.isFinite(model.y.max)).toBe(true);
  const nothing = buildModel({ panel: makePanel(makeExact("a", [0], [NaN])), refs, runs, view: VIEW, window: null, formatCount });
  expect(nothing.info.text).toBe("no finite values");
});

test("the header says exact only when every series is", () => {
  expect(build().info.text).toBe("400 pts → 4 buckets");
  expect([build().points, build().logged]).toEqual([4, 400]);
  const exact = buildModel({ panel, refs: refs.slice(0, 1), runs, view: VIEW, window: null, formatCount });
  expect(exact.info.text).toBe("exact");
  expect(buildModel({ panel: makePanel(), refs, runs, view: VIEW, window: null, formatCount }).info.text).toBe("no data");
});

test("the x axis begins at the edge of the first bucket", () => {
  const bucketed = makePanel(
    makeBuckets(
      "b",
      Array.from({ length: 40 }, (_, i) => 64 + i * 128),
      Array(40).fill(1),
      Array(40).fill(0),
      Array(40).fill(2),
      128,
    ),
  );
  expect(buildModel({ panel: bucketed, refs, runs, view: VIEW, window: null, formatCount }).x).toEqual({ min: 0, max: 64 + 39 * 128 });
});

test("ranks are one series, one mean, or one series each", () => {
  const several = [makeRun("a", [0, 1, 2]), makeRun("b")];
  expect(seriesRefs("loss", several, "primary").map((ref) => ref.label)).toEqual([null, null]);
  expect(seriesRefs("loss", several, "all").map((ref) => ref.label)).toEqual(["*", null]);
  expect(seriesRefs("loss", several, "each").map((ref) => ref.label)).toEqual(["rank0", "rank1", "rank2", null]);
});

test("the ranks of one run have colours of their own; beside other runs they share its colour, and those after the first are faded", () => {
  const [run, other] = [makeRun("a", [0, 1]), makeRun("b")];
  const panel = makePanel(makeExact("a", [0, 1], [1, 2], "rank0"), makeExact("a", [0, 1], [1, 2], "rank1"), makeExact("b", [0, 1], [1, 2]));
  const drawn = (runs: PanelRun[]) =>
    buildModel({ panel, refs: seriesRefs("loss", runs, "each"), runs, view: VIEW, window: null, formatCount }).series.map(({ run: { color }, rank, faded }) => [
      color,
      rank,
      faded,
    ]);
  expect(drawn([run])).toEqual([
    [run.rankColors[0], "rank 0", false],
    [run.rankColors[1], "rank 1", false],
  ]);
  expect(drawn([run, other]).slice(0, 2)).toEqual([
    [run.color, "rank 0", false],
    [run.color, "rank 1", true],
  ]);
});

test("every drawn point is a row with all its digits", () => {
  const runs = [{ ...makeRun("a"), name: 'say "hi", run' }, makeRun("b")];
  const panel = makePanel(makeExact("a", [0, 1], [0.1 + 0.2, NaN]), makeBuckets("b", [50], [2], [1], [3], 100));
  const view = { smoothing: 0.9, logY: false, band: true, ignoreOutliers: false };
  const model = buildModel({ panel, refs: seriesRefs("loss", runs, "primary"), runs, view, window: null, formatCount });
  expect(modelCsv(model, "_step", "loss").split("\n")).toEqual([
    "run,name,label,_step,loss,min,max,count",
    'a,"say ""hi"", run",,0,0.30000000000000004,,,',
    'a,"say ""hi"", run",,1,NaN,,,',
    "b,name of b,,50,2,1,3,100",
    "",
  ]);
});
