// Choices of the charts' controls, in the order a key goes through them: x axes, stops of smoothing.
import { RUNTIME, STEP, TIMESTAMP } from "../api/generated";

export const X_AXES: readonly { key: string; name: string; title: string }[] = [
  { key: STEP, name: "step", title: "Step, or the step metric that a metric is defined with" },
  { key: RUNTIME, name: "relative", title: "Time since the run began" },
  { key: TIMESTAMP, name: "wall", title: "Time of day" },
];

export function nextXAxis(current: string): string {
  const index = X_AXES.findIndex(({ key }) => key === current);
  return (X_AXES[(index + 1) % X_AXES.length] as (typeof X_AXES)[number]).key;
}

/** An x key in words. */
export function xName(x: string): string {
  if (x === STEP) return "step";
  if (x === RUNTIME) return "relative time";
  if (x === TIMESTAMP) return "wall time";
  return x;
}

/** The slider reaches everything between. */
const STOPS = [0, 0.6, 0.9, 0.99];

export function nextSmoothing(weight: number): number {
  return STOPS.find((stop) => stop > weight) ?? 0;
}
