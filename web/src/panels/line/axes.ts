// Axes of a line chart: names and ticks for steps, durations, wall time and values.

import type uPlot from "uplot";
import { RUNTIME, TIMESTAMP } from "../../api/generated";
import { formatDuration, formatNumber, formatTicks, formatTime } from "../../numbers/format";

/** One x value in words, for the tooltip. */
export function formatX(x: string, value: number): string {
  if (x === RUNTIME) return formatDuration(value);
  if (x === TIMESTAMP) return formatTime(value * 1e6);
  return formatNumber(value);
}

/** Steps between ticks that read well as durations, in seconds. */
const DURATION_STEPS = [
  0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 432000, 864000,
];

function durationTick(seconds: number, step: number): string {
  if (step < 60) return formatDuration(seconds);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (seconds === 0) return "0";
  if (days > 0) return hours === 0 ? `${days}d` : `${days}d ${hours}h`;
  if (hours > 0) return minutes === 0 ? `${hours}h` : `${hours}h ${minutes}m`;
  return `${minutes}m`;
}

function wallTick(seconds: number, step: number): string {
  const text = formatTime(seconds * 1e6);
  if (step < 60) return text.slice(11);
  return step < 86400 ? text.slice(11, 16) : text.slice(5, 10);
}

/**
 * 1, 2 or 5 times a power of ten: the ticks of a logarithmic axis that have a label. uPlot passes null for
 * those it leaves out.
 */
export function isRoundMagnitude(value: number | null): boolean {
  if (value === null || value <= 0) return false;
  const mantissa = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  return [1, 2, 5].some((round) => Math.abs(mantissa - round) < 1e-6);
}

const FONT_PX = 11;
const FONT = `${FONT_PX}px system-ui, sans-serif`;
/** Width of one digit of that font, in CSS pixels. */
const DIGIT_PX = 6.2;

/** `color` is asked at every draw, so that a change of theme needs no new chart. */
export function makeAxes(x: string, color: (name: "--text3" | "--grid") => string): uPlot.Axis[] {
  const base: uPlot.Axis = {
    font: FONT,
    stroke: () => color("--text3"),
    grid: { stroke: () => color("--grid"), width: 1 },
    ticks: { show: false },
  };
  const xTicks = (splits: number[], step: number): string[] => {
    if (x === RUNTIME) return splits.map((split) => durationTick(split, step));
    if (x === TIMESTAMP) return splits.map((split) => wallTick(split, step));
    return formatTicks(splits);
  };
  const durations = x === RUNTIME || x === TIMESTAMP;
  return [
    {
      ...base,
      size: 22,
      gap: 5,
      space: 70,
      ...(durations ? { incrs: DURATION_STEPS } : {}),
      values: (_, splits, __, ___, step) => xTicks(splits, step),
    },
    {
      ...base,
      gap: 6,
      space: (_, __, ___, ____, height) => Math.max(30, height / 14),
      values: (chart, splits) =>
        chart.scales["y"]?.distr === 3 ? splits.map((split) => (isRoundMagnitude(split) ? formatNumber(split) : "")) : formatTicks(splits),
      size: (_, labels) => 12 + DIGIT_PX * Math.max(3, ...(labels ?? []).map((label) => (label ?? "").length)),
    },
  ];
}
