// Stops of a step slider: only steps at which something was logged.

/** Ascending, each once. */
export function mergeStops(lists: readonly (readonly number[])[]): number[] {
  return [...new Set(lists.flat())].sort((a, b) => a - b);
}

/**
 * What was shown last at `step`: the greatest stop up to it, or the first one; the newest where no step is
 * given.
 */
export function stopAt(stops: readonly number[], step: number | null): number | null {
  if (stops.length === 0) return null;
  if (step === null) return stops[stops.length - 1] as number;
  return stops.findLast((stop) => stop <= step) ?? (stops[0] as number);
}

/** The stop that many places from where `step` is, or the outermost one. */
export function stopBeside(stops: readonly number[], step: number | null, places: number): number | null {
  const at = stopAt(stops, step);
  if (at === null) return null;
  return stops[Math.min(stops.length - 1, Math.max(0, stops.indexOf(at) + places))] as number;
}
