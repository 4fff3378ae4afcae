// Lengths of the bars of single values: from zero, both ways, on one shared scale.

export interface Bar {
  /** Shares of the track, 0 to 1. */
  start: number;
  length: number;
}

/** A value that is not finite has no bar. */
export function makeBars(values: readonly number[]): (Bar | null)[] {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const high = Math.max(0, ...finite);
  const span = high - low || 1;
  return values.map((value) => (Number.isFinite(value) ? { start: (Math.min(0, value) - low) / span, length: Math.abs(value) / span } : null));
}
