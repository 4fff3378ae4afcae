// The tooltip names the hot run first and tells logged values digit by digit.
import { expect, test } from "vitest";
import { formatCount } from "../../numbers/format";
import fixture, { makeBuckets, makeExact, makePanel, makeRun } from "./fixture";
import { describeHits, hitTest, nearestIndex } from "./hover";
import { buildModel, seriesRefs } from "./model";
import { makeScale } from "./paint";

const VIEW = { smoothing: 0, logY: false, band: true, ignoreOutliers: false };

function hover(panel: ReturnType<typeof makePanel>, runs: ReturnType<typeof makeRun>[], x: number, y: number, view = VIEW) {
  const model = buildModel({ panel, refs: seriesRefs("loss", runs, "primary"), runs, view, window: null, formatCount });
  const scale = makeScale(model.x, model.y, view.logY, { width: 1000, height: 500, pixelRatio: 1 });
  return describeHits("_step", hitTest(model, scale, scale.x(x), scale.y(y), x), 0, 0);
}

test("the nearest x wins, the left one on a tie", () => {
  const xs = Float64Array.from([0, 10, 20]);
  expect([nearestIndex(xs, -5), nearestIndex(xs, 14), nearestIndex(xs, 15), nearestIndex(xs, 16), nearestIndex(xs, 99)]).toEqual([0, 1, 1, 2, 2]);
  expect(nearestIndex(new Float64Array(0), 1)).toBe(-1);
});

test("an exact point is told with every digit", () => {
  const content = hover(makePanel(makeExact("a", [0, 7], [0.1 + 0.2, 12345.678901234])), [makeRun("a")], 7, 12345);
  expect(content?.title).toBe("step 7");
  expect(content?.rows[0]).toMatchObject({ exact: "12345.678901234", text: "12345.678901234", hot: true });
  expect(hover(makePanel(makeExact("a", [0, 7], [0.1 + 0.2, 1])), [makeRun("a")], 0, 0.3)?.rows[0]?.exact).toBe("0.30000000000000004");
});

test("the hot run comes first, the others by value", () => {
  const panel = makePanel(makeExact("a", [0, 1], [1, 1]), makeExact("b", [0, 1], [5, 5]), makeExact("c", [0, 1], [9, 9]));
  const content = hover(panel, [makeRun("a"), makeRun("b"), makeRun("c")], 1, 1.2);
  expect(content?.rows.map((row) => row.exact)).toEqual(["1", "9", "5"]);
  expect(content?.rows.map((row) => row.hot)).toEqual([true, false, false]);
});

test("a bucket tells its range, its spread and how many points it holds", () => {
  const content = hover(makePanel(makeBuckets("b", [49.5, 149.5], [3, 2], [1, 1.5], [9, 2.5], 100)), [makeRun("b")], 49.5, 3);
  expect(content?.title).toBe("step 0 – 99");
  expect(content?.notes).toEqual(["1 .. 9 min..max in bucket", "mean of 100 points · last 3"]);
});

test("a run that ended long before the mouse is not in the tooltip", () => {
  const panel = makePanel(makeExact("a", [0, 10], [1, 1]), makeExact("b", [0, 1000], [2, 2]));
  expect(hover(panel, [makeRun("a"), makeRun("b")], 800, 1)?.rows.map((row) => row.id)).toEqual(['["b","loss",null]']);
});

test("a value that is not finite is named, not hidden", () => {
  const { panel, runs } = fixture.data;
  const row = hover(panel, runs, 100, 4)?.rows.find(({ name }) => name === "name of a");
  expect([row?.text, row?.exact]).toEqual(["NaN", "NaN"]);
});

test("smoothing shows both: the logged value and the line", () => {
  const steps = Array.from({ length: 1001 }, (_, i) => i);
  const panel = makePanel(
    makeExact(
      "a",
      steps,
      steps.map((i) => (i === 500 ? 20 : 0)),
    ),
  );
  const row = hover(panel, [makeRun("a")], 500, 20, { ...VIEW, smoothing: 0.9 })?.rows[0];
  expect(row?.exact).toBe("20");
  expect(row?.detail).toBe("smooth 1.026");
});
