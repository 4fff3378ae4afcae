// Which points are under the mouse: per series the one nearest in x, and of those the hot one nearest in y.
import type { LineModel, LineSeries } from "./model";
import type { Scale } from "./paint";

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

/** A series that ended, or has yet to begin, farther than this from the mouse says nothing about the position. */
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
