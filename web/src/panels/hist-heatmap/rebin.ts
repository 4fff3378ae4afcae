// Brings histograms with different bins onto one shared grid of values, so that columns can stand side by
// side.
import { type Extent, emptyExtent, isEmpty, widen } from "../../numbers/extent";

export interface HeatGrid {
  /** Bounds of the rows, ascending; one more than there are rows. */
  edges: Float64Array;
  /** Counts per column and row; fractions where a bin reaches over several rows. */
  columns: Float64Array[];
  /** The largest count of any cell. */
  peak: number;
}

export function valueExtent(bins: readonly (readonly number[])[]): Extent | null {
  const extent = emptyExtent();
  for (const edges of bins) widen(extent, edges);
  if (isEmpty(extent)) return null;
  return extent.min === extent.max ? { min: extent.min - 0.5, max: extent.max + 0.5 } : extent;
}

export function evenEdges({ min, max }: Extent, rows: number): Float64Array {
  return Float64Array.from({ length: rows + 1 }, (_, i) => (i === rows ? max : min + ((max - min) * i) / rows));
}

/**
 * Spreads each count over the rows in proportion to how much of its bin lies in them; a bin without width
 * goes to one row.
 */
export function rebin(bins: readonly number[], values: readonly number[], edges: Float64Array): Float64Array {
  const rows = edges.length - 1;
  const out = new Float64Array(rows);
  const [low, high] = [edges[0] as number, edges[rows] as number];
  const rowOf = (value: number) => Math.min(rows - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * rows)));
  values.forEach((count, i) => {
    const [from, to] = [bins[i] as number, bins[i + 1] as number];
    if (!Number.isFinite(from) || !Number.isFinite(to) || !Number.isFinite(count) || count === 0) return;
    if (to <= from) {
      out[rowOf(from)] = (out[rowOf(from)] as number) + count;
      return;
    }
    for (let row = rowOf(from); row <= rowOf(to); row++) {
      const overlap = Math.min(to, edges[row + 1] as number) - Math.max(from, edges[row] as number);
      if (overlap > 0) out[row] = (out[row] as number) + (count * overlap) / (to - from);
    }
  });
  return out;
}

export function heatGrid(bins: readonly (readonly number[])[], values: readonly (readonly number[])[], rows: number): HeatGrid | null {
  const extent = valueExtent(bins);
  if (extent === null) return null;
  const edges = evenEdges(extent, rows);
  const columns = bins.map((column, i) => rebin(column, values[i] ?? [], edges));
  let peak = 0;
  for (const column of columns) for (const count of column) if (count > peak) peak = count;
  return { edges, columns, peak };
}

/** Bounds of the columns on the x axis: half way to the neighbours. */
export function columnBounds(steps: readonly number[]): [number, number][] {
  return steps.map((step, i) => {
    const before = steps[i - 1];
    const after = steps[i + 1];
    const toLeft = before === undefined ? (after === undefined ? 0.5 : (after - step) / 2) : (step - before) / 2;
    const toRight = after === undefined ? (before === undefined ? 0.5 : (step - before) / 2) : (after - step) / 2;
    return [step - toLeft, step + toRight];
  });
}
