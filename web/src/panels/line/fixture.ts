// Two runs of one metric: one exact with a gap, one in buckets with a spike.

import type { LoadedPanel, LoadedSeries } from "../../series/merge";
import { seriesId } from "../../series/merge";
import { keySubject, type PanelFixture } from "../fixture";
import type { PanelRun } from "../types";

export function makeRun(id: string, labels: (number | null)[] = [0]): PanelRun {
  return {
    id,
    name: `name of ${id}`,
    state: "finished",
    color: "#123456",
    dash: [],
    rankColors: ["#b8ade6", "#23a123", "#fbdf79"],
    labels: labels.map((rank) => ({ label: rank === null ? "main" : `rank${rank}`, rank })),
    rows: 1,
    summary: {},
  };
}

export function makeExact(run: string, x: number[], y: number[], label: string | null = null): LoadedSeries {
  const columns = { x: Float64Array.from(x), mean: Float64Array.from(y), min: null, max: null, first: null, last: null, count: null };
  return { run, key: "loss", label, exact: true, points: x.length, length: x.length, version: 1, bucketWidth: null, ...columns };
}

export function makeBuckets(run: string, x: number[], mean: number[], min: number[], max: number[], bucketWidth: number): LoadedSeries {
  const columns = { x: Float64Array.from(x), mean: Float64Array.from(mean), min: Float64Array.from(min), max: Float64Array.from(max) };
  const rest = { first: Float64Array.from(mean), last: Float64Array.from(mean), count: Uint32Array.from(x, () => bucketWidth) };
  return { run, key: "loss", label: null, exact: false, points: x.length * bucketWidth, length: x.length, version: 1, bucketWidth, ...columns, ...rest };
}

export function makePanel(...series: LoadedSeries[]): LoadedPanel {
  return { bucketWidth: series.find((one) => !one.exact)?.bucketWidth ?? null, series: new Map(series.map((one) => [seriesId(one), one])) };
}

const fixture: PanelFixture<{ panel: LoadedPanel; runs: PanelRun[] }> = {
  subject: keySubject("loss", "number", { runs: 2, points: 900, last_step: 399 }),
  data: {
    panel: makePanel(
      makeExact("a", [0, 100, 200, 300], [4, NaN, 2, 1]),
      makeBuckets("b", [50, 150, 250, 350], [3, 2.5, 2, 1.5], [2.5, 2, 1.5, 1], [3.5, 3, 9, 2], 100),
    ),
    runs: [makeRun("a"), makeRun("b")],
  },
};

export default fixture;
