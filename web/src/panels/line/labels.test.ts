// Names at line ends.
import { expect, test } from "vitest";
import { formatCount } from "../../numbers/format";
import { makeExact, makePanel, makeRun } from "./fixture";
import { endLabels, rightMargin, spread } from "./labels";
import { buildModel, seriesRefs } from "./model";
import { makeScale } from "./paint";

function model(count: number) {
  const runs = Array.from({ length: count }, (_, i) => makeRun(`r${i}`));
  const panel = makePanel(...runs.map((run, i) => makeExact(run.id, [0, 1, 2], [0, i, NaN])));
  const view = { smoothing: 0, logY: false, band: true, ignoreOutliers: false };
  return buildModel({ panel, refs: seriesRefs("loss", runs, "primary"), runs, view, window: null, formatCount });
}

test("names that would overlap move apart and keep their order, inside the plot", () => {
  expect(spread([10, 12, 50], 14, 100)).toEqual([10, 24, 50]);
  expect(spread([90, 95, 99], 14, 100)).toEqual([72, 86, 100]);
  expect(spread([], 14, 100)).toEqual([]);
});

test("a few lines of a wide chart are named at their last finite value, from top to bottom", () => {
  const three = model(3);
  const scale = makeScale(three.x, three.y, false, { width: 800, height: 400, pixelRatio: 1 });
  const labels = endLabels(three, scale, 900, 400);
  expect(labels.map(({ text }) => text)).toEqual(["name of r2", "name of r1", "name of r0"]);
  expect(labels[1]?.top).toBeCloseTo(scale.y(1));
});

test("many lines, or a narrow chart, give no room away", () => {
  expect(rightMargin(model(3), 900)).toBeGreaterThan(rightMargin(model(7), 900));
  expect(rightMargin(model(3), 340)).toBe(rightMargin(model(7), 900));
  expect(endLabels(model(7), makeScale({ min: 0, max: 1 }, { min: 0, max: 1 }, false, { width: 1, height: 1, pixelRatio: 1 }), 900, 400)).toEqual([]);
});
