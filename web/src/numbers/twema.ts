// Time-weighted exponential moving average: smoothing that depends on the distance in x, not on the number of
// points.

/**
 * The weight is per thousandth of the shown x range, so that one slider position looks alike in every chart.
 */
const VIEWPORT_SCALE = 1000;

/** A weight of 1 would never forget; the slider's end stays below it. */
const MAX_WEIGHT = 0.999;

/**
 * Smooths `y` over `x` with the bias of the start removed. A value that is not finite stays as it is and
 * leaves the state untouched.
 *
 * @param weight slider position, 0 (off) to 1
 * @param xRange width of the shown x range, in units of x
 */
export function twema(x: ArrayLike<number>, y: ArrayLike<number>, weight: number, xRange: number): Float64Array {
  const smoothed = new Float64Array(y.length);
  const base = Math.min(Math.sqrt(Math.max(weight, 0)), MAX_WEIGHT);
  let state = 0;
  let debias = 0;
  let previousX = NaN;
  for (let i = 0; i < y.length; i++) {
    const value = y[i] as number;
    if (!Number.isFinite(value) || base === 0) {
      smoothed[i] = value;
      continue;
    }
    const here = x[i] as number;
    const distance = Number.isNaN(previousX) || xRange <= 0 ? 0 : (Math.abs(here - previousX) / xRange) * VIEWPORT_SCALE;
    const kept = base ** distance;
    state = state * kept + value;
    debias = debias * kept + 1;
    smoothed[i] = state / debias;
    previousX = here;
  }
  return smoothed;
}
