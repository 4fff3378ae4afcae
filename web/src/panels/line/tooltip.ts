// The words of a line chart's tooltip: x, the hot run first, the spread inside its bucket.
import { formatExact, formatNumber } from "../../numbers/format";
import type { TooltipContent, TooltipRow } from "../../view/tooltip";
import { xName } from "../../view/xAxis";
import { formatX } from "./axes";
import type { Hit } from "./hit";

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
  const half = columns.exact || width === null ? 0 : (x === "_step" ? Math.max(width - 1, 0) : width) / 2;
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
