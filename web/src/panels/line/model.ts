// Model of a line chart: series with their colours, smoothed values and the ranges of both axes, ready to
// paint.

import { ALL_LABELS } from "../../api/generated";
import type { SeriesRef } from "../../api/types";
import { csvOf } from "../../numbers/csv";
import { type Extent, emptyExtent, isEmpty, padLinear, padLog, quantileExtent, widen } from "../../numbers/extent";
import { twema } from "../../numbers/twema";
import { type LoadedPanel, type LoadedSeries, seriesId } from "../../series/merge";
import type { RankMode, ViewState } from "../../view/urlState";
import type { PanelRun } from "../types";

export interface LineSeries {
  id: string;
  run: PanelRun;
  /** "rank 3" when ranks are drawn one by one, else empty. */
  rank: string;
  /** Beside other runs, ranks after the first are drawn lighter. */
  faded: boolean;
  columns: LoadedSeries;
  /** What the line follows: the smoothed means, or the means themselves. */
  line: Float64Array;
}

export interface LineModel {
  series: LineSeries[];
  x: Extent;
  y: Extent;
  /** Finite points of the longest series inside the window. */
  points: number;
  /** Logged points of the longest series inside the window, before buckets. */
  logged: number;
  info: { text: string; explanation: string };
}

/** Series of one key for the shown runs, by how ranks are shown. */
export function seriesRefs(key: string, runs: readonly PanelRun[], ranks: RankMode): SeriesRef[] {
  return runs.flatMap((run): SeriesRef[] => {
    const several = run.labels.length > 1;
    if (!several || ranks === "primary") return [{ run: run.id, key, label: null }];
    if (ranks === "all") return [{ run: run.id, key, label: ALL_LABELS }];
    return run.labels.map(({ label }) => ({ run: run.id, key, label }));
  });
}

function rankName(run: PanelRun, label: string | null): string {
  if (label === null) return "";
  if (label === ALL_LABELS) return `mean of ${run.labels.length} ranks`;
  const rank = run.labels.find((other) => other.label === label)?.rank;
  return rank === null || rank === undefined ? label : `rank ${rank}`;
}

interface ModelInput {
  panel: LoadedPanel;
  refs: readonly SeriesRef[];
  runs: readonly PanelRun[];
  view: Pick<ViewState, "smoothing" | "logY" | "band" | "ignoreOutliers">;
  window: readonly [number, number] | null;
  formatCount: (count: number) => string;
}

/** Percentiles that "ignore outliers" keeps. */
const OUTLIER_LOW = 0.02;
const OUTLIER_HIGH = 0.98;

/** Series this short are drawn with dots, which need room at both ends of the plot. */
const DOTTED_POINTS = 24;
const DOT_ROOM = 0.02;

export function buildModel({ panel, refs, runs, view, window, formatCount }: ModelInput): LineModel {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const shown = refs.flatMap((ref) => {
    const run = byId.get(ref.run);
    const columns = panel.series.get(seriesId(ref));
    return run === undefined || columns === undefined || columns.length === 0 ? [] : [{ ref, run, columns }];
  });

  const x = emptyExtent();
  if (window === null) {
    for (const { columns } of shown) {
      widen(x, columns.x);
      // A bucket's x is its middle; the axis begins where the bucket does.
      if (!columns.exact && columns.bucketWidth !== null) widen(x, [(columns.x[0] as number) - columns.bucketWidth / 2]);
    }
  } else [x.min, x.max] = window;
  const longestSeries = Math.max(0, ...shown.map(({ columns }) => columns.length));
  if (isEmpty(x)) [x.min, x.max] = [0, 1];
  else if (x.min === x.max) [x.min, x.max] = [x.min - 0.5, x.max + 0.5];
  else if (window === null && longestSeries <= DOTTED_POINTS) {
    const room = (x.max - x.min) * DOT_ROOM;
    [x.min, x.max] = [x.min - room, x.max + room];
  }

  // The ranks of one run need no colour in common with it; those of several keep the colour of theirs.
  const alone = new Set(shown.map(({ run }) => run.id)).size === 1;
  const series = shown.map(({ ref, run, columns }): LineSeries => {
    const line = view.smoothing > 0 ? twema(columns.x, columns.mean, view.smoothing, x.max - x.min) : columns.mean;
    const place = run.labels.findIndex(({ label }) => label === ref.label);
    const color = (alone ? run.rankColors[place] : undefined) ?? run.color;
    const faded = !alone && place > 0;
    return { id: seriesId(ref), run: { ...run, color }, rank: rankName(run, ref.label), faded, columns, line };
  });

  const points = longest(series, x);
  return {
    series,
    x,
    y: yExtent(series, view, window),
    points,
    logged: Math.max(0, ...series.map(({ columns }) => columns.points)),
    info: describe(series, points, formatCount),
  };
}

function yExtent(series: readonly LineSeries[], view: ModelInput["view"], window: ModelInput["window"]): Extent {
  const inWindow = (columns: LoadedSeries, values: Float64Array): Float64Array =>
    window === null ? values : values.filter((_, i) => (columns.x[i] as number) >= window[0] && (columns.x[i] as number) <= window[1]);
  let extent = emptyExtent();
  if (view.ignoreOutliers) {
    const values = series.flatMap(({ columns }) => [...inWindow(columns, columns.mean)]);
    extent = quantileExtent(view.logY ? values.filter((value) => value > 0) : values, OUTLIER_LOW, OUTLIER_HIGH);
  } else {
    for (const { columns, line } of series) {
      widen(extent, inWindow(columns, line), view.logY);
      widen(extent, inWindow(columns, columns.mean), view.logY);
      if (!view.band) continue;
      if (columns.min !== null) widen(extent, inWindow(columns, columns.min), view.logY);
      if (columns.max !== null) widen(extent, inWindow(columns, columns.max), view.logY);
    }
  }
  return view.logY ? padLog(extent) : padLinear(extent);
}

function longest(series: readonly LineSeries[], x: Extent): number {
  let most = 0;
  for (const { columns } of series) {
    let drawn = 0;
    for (let i = 0; i < columns.length; i++) {
      const here = columns.x[i] as number;
      if (Number.isFinite(columns.mean[i] as number) && here >= x.min && here <= x.max) drawn += 1;
    }
    if (drawn > most) most = drawn;
  }
  return most;
}

function describe(series: readonly LineSeries[], drawn: number, formatCount: (count: number) => string): LineModel["info"] {
  if (series.length === 0) return { text: "no data", explanation: "None of the shown runs has this metric in this window." };
  if (drawn === 0) return { text: "no finite values", explanation: "Every value in this window is NaN or infinite." };
  const bucketed = series.filter(({ columns }) => !columns.exact);
  if (bucketed.length === 0) return { text: "exact", explanation: "Every logged point is drawn." };
  const points = Math.max(...bucketed.map(({ columns }) => columns.points));
  const buckets = Math.max(...bucketed.map(({ columns }) => columns.length));
  return {
    text: `${formatCount(points)} pts → ${buckets} buckets`,
    explanation: `${points.toLocaleString("en-US")} points of the longest run are drawn as ${buckets} buckets: their mean, and their minimum to maximum as a band. Zoom in for every point.`,
  };
}

export function modelCsv(model: LineModel, x: string, key: string): string {
  const rows = model.series.flatMap(({ run, columns: { x: xs, mean, min, max, count, label } }) =>
    Array.from(xs, (at, i) => [run.id, run.name, label ?? "", at, mean[i], min?.[i] ?? "", max?.[i] ?? "", count?.[i] ?? ""]),
  );
  return csvOf([["run", "name", "label", x, key, "min", "max", "count"], ...rows]);
}
