// Bands, gaps and opacity of painted series.
import { expect, test } from "vitest";
import { formatCount } from "../../numbers/format";
import { makeExact, makePanel, makeRun } from "./fixture";
import { buildModel, seriesRefs } from "./model";
import { bandOpacity, bandSegments, makeScale, paintSeries } from "./paint";

const AREA = { width: 100, height: 50, pixelRatio: 1 };

test("values map to pixels, upwards in y", () => {
  const scale = makeScale({ min: 0, max: 10 }, { min: 0, max: 5 }, false, AREA);
  expect([scale.x(0), scale.x(10), scale.y(0), scale.y(5)]).toEqual([0, 100, 50, 0]);
});

test("a logarithmic scale spaces decades evenly and has no place for zero", () => {
  const scale = makeScale({ min: 0, max: 1 }, { min: 1, max: 100 }, true, AREA);
  expect(scale.y(10)).toBeCloseTo(25);
  expect(scale.y(0)).toBeNaN();
  expect(scale.y(-1)).toBeNaN();
});

test("a band breaks at NaN and goes on behind it; infinity reaches the edge", () => {
  const scale = makeScale({ min: 0, max: 4 }, { min: 0, max: 10 }, false, AREA);
  const min = Float64Array.from([1, 1, NaN, 1, 1]);
  expect(bandSegments(min, Float64Array.from([2, 2, NaN, 2, Infinity]), scale, AREA)).toEqual([
    [0, 2],
    [3, 5],
  ]);
});

test("a few bands have the full opacity, many share it", () => {
  expect(bandOpacity(1)).toBe(0.22);
  expect(bandOpacity(10)).toBeLessThan(0.22);
  expect(bandOpacity(1000)).toBeGreaterThan(0.05);
});

test("a gap lifts the pen", () => {
  const calls: string[] = [];
  const context = new Proxy({} as CanvasRenderingContext2D, {
    get: (_, name: string) => (name === "moveTo" || name === "lineTo" ? () => calls.push(name) : () => undefined),
    set: () => true,
  });
  const run = makeRun("a");
  const x = Array.from({ length: 60 }, (_, i) => i);
  const panel = makePanel(
    makeExact(
      "a",
      x,
      x.map((i) => (i === 30 ? NaN : i)),
    ),
  );
  const view = { smoothing: 0, logY: false, band: true, ignoreOutliers: false };
  const model = buildModel({ panel, refs: seriesRefs("loss", [run], "primary"), runs: [run], view, window: null, formatCount });
  paintSeries(context, model, model.series, AREA, { logY: false, band: true, smoothed: false, lineWidth: 1, bandOpacity: 0.2 });
  expect(calls.filter((name) => name === "moveTo").length).toBe(2);
  expect(calls.filter((name) => name === "lineTo").length).toBe(57);
});
