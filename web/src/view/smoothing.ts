// The weights the smoothing key goes through.

/** The slider reaches everything between. */
const STOPS = [0, 0.6, 0.9, 0.99];

export function nextSmoothing(weight: number): number {
  return STOPS.find((stop) => stop > weight) ?? 0;
}
