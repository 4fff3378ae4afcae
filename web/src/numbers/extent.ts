// Ranges of the axes: the extent of what is drawn, with room around it, free of NaN and infinities.

export interface Extent {
  min: number;
  max: number;
}

export function emptyExtent(): Extent {
  return { min: Infinity, max: -Infinity };
}

export function isEmpty(extent: Extent): boolean {
  return extent.min > extent.max;
}

export function widen(extent: Extent, values: ArrayLike<number>, positiveOnly = false): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value) || (positiveOnly && value <= 0)) continue;
    if (value < extent.min) extent.min = value;
    if (value > extent.max) extent.max = value;
  }
}

/** The extent between two quantiles of the finite values. */
export function quantileExtent(values: number[], low: number, high: number): Extent {
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (finite.length === 0) return emptyExtent();
  const at = (q: number) => finite[Math.round(q * (finite.length - 1))] as number;
  return { min: at(low), max: at(high) };
}

/** Room above and below the data, as a share of the range. */
const MARGIN = 0.05;

export function padLinear({ min, max }: Extent): Extent {
  if (min > max) return { min: 0, max: 1 };
  if (min === max) {
    const room = min === 0 ? 1 : Math.abs(min) * 0.1;
    return { min: min - room, max: max + room };
  }
  const room = (max - min) * MARGIN;
  const floor = min >= 0 && min - room < 0 ? 0 : min - room;
  return { min: floor, max: max + room };
}

export function padLog({ min, max }: Extent): Extent {
  if (min > max || max <= 0) return { min: 0.1, max: 1 };
  if (min === max) return { min: min / 2, max: max * 2 };
  const factor = (max / min) ** MARGIN;
  return { min: min / factor, max: max * factor };
}

/** Multiples of 1, 2 or 5 times a power of ten inside a range, about `count` of them. */
export function niceTicks(min: number, max: number, count: number): number[] {
  if (!(max > min) || !Number.isFinite(max - min)) return Number.isFinite(min) ? [min] : [];
  const rough = (max - min) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const ticks: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}
