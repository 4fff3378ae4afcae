// Points under the mouse, one per series, and the words of the tooltip there, the hot run first.

import { STEP } from "../../api/generated";
import { formatExact, formatNumber } from "../../numbers/format";
import { xName } from "../../view/choices";
import type { TooltipContent, TooltipRow } from "../../view/tooltip";
import { formatX } from "./axes";
import type { LineModel, LineSeries } from "./model";
import type { Scale } from "./paint";

/** More rows than this would cover the chart they explain. */
const MAX_ROWS = 10;

/** A bucket's mean leaves NaN and infinities out, so the last logged value tells of them. */
function valueAt({ series: { columns }, index }: Hit): number {
  const mean = columns.mean[index] as number;
  return Number.isNaN(mean) && columns.last !== null ? (columns.last[index] as number) : mean;
}

function row(hit: Hit, hot: boolean): TooltipRow {
  const { series, index } = hit;
  const value = valueAt(hit);
  const line = series.line[index] as number;
  const smoothed = series.line !== series.columns.mean && Number.isFinite(line);
  return {
    id: series.id,
    name: series.rank === "" ? series.run.name : `${series.run.name} · ${series.rank}`,
    color: series.run.color,
    hot,
    text: hot && series.columns.exact ? formatExact(value) : formatNumber(value),
    exact: String(value),
    detail: smoothed ? `smooth ${formatNumber(line)}` : "",
  };
}

export function describeHits(x: string, hits: readonly Hit[], left: number, top: number): TooltipContent | null {
  const [hot] = hits;
  if (hot === undefined) return null;
  const { columns } = hot.series;
  const middle = columns.x[hot.index] as number;
  const width = columns.bucketWidth;
  const bucketed = !columns.exact && width !== null && columns.min !== null && columns.max !== null;
  // The middle of a bucket of steps lies half way between its first and last step.
  const half = columns.exact || width === null ? 0 : (x === STEP ? Math.max(width - 1, 0) : width) / 2;
  const title = half > 0 ? `${xName(x)} ${formatX(x, middle - half)} – ${formatX(x, middle + half)}` : `${xName(x)} ${formatX(x, middle)}`;
  const notes: string[] = [];
  if (bucketed) {
    const low = formatNumber(columns.min?.[hot.index] as number);
    const high = formatNumber(columns.max?.[hot.index] as number);
    notes.push(`${low} .. ${high} min..max in bucket`);
    const count = columns.count?.[hot.index] ?? 0;
    const last = formatExact(columns.last?.[hot.index] ?? NaN);
    notes.push(`mean of ${count.toLocaleString("en-US")} ${count === 1 ? "point" : "points"} · last ${last}`);
  }
  const rest = hits.length - MAX_ROWS;
  if (rest > 0) notes.push(`and ${rest} more`);
  return { left, top, title, rows: hits.slice(0, MAX_ROWS).map((hit, i) => row(hit, i === 0)), notes };
}

export interface Hit {
  series: LineSeries;
  index: number;
}

/** Index of the value nearest to `x` in an ascending column; -1 when it is empty. */
export function nearestIndex(xs: Float64Array, x: number): number {
  if (xs.length === 0) return -1;
  let [low, high] = [0, xs.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return 0;
  return x - (xs[low - 1] as number) <= (xs[low] as number) - x ? low - 1 : low;
}

/**
 * A series that ended, or has yet to begin, farther than this from the mouse says nothing about the position.
 */
const REACH_PX = 12;

/** Hits of all series, the hot one first, the others by value from high to low. */
export function hitTest(model: LineModel, scale: Scale, left: number, top: number, xAtMouse: number): Hit[] {
  const hits: (Hit & { distance: number; value: number })[] = [];
  for (const series of model.series) {
    const { columns, line } = series;
    const index = nearestIndex(columns.x, xAtMouse);
    if (index < 0) continue;
    const across = Math.abs(scale.x(columns.x[index] as number) - left);
    if (across > REACH_PX && !between(columns.x, xAtMouse)) continue;
    const y = scale.y(line[index] as number);
    hits.push({ series, index, distance: Number.isFinite(y) ? Math.abs(y - top) : Infinity, value: columns.mean[index] as number });
  }
  hits.sort((a, b) => descending(a.value, b.value));
  let hot = 0;
  hits.forEach((hit, i) => {
    if (hit.distance < (hits[hot]?.distance ?? Infinity)) hot = i;
  });
  const [first] = hits.splice(hot, 1);
  return first === undefined ? [] : [first, ...hits];
}

function between(xs: Float64Array, x: number): boolean {
  return x >= (xs[0] as number) && x <= (xs[xs.length - 1] as number);
}

function descending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return b === a ? 0 : b - a;
}
