// Paints line series on a canvas: band, faint raw values, line with gaps, and dots where points stand alone
// or wide apart.
import type { Extent } from "../../numbers/extent";
import type { LineModel, LineSeries } from "./model";

export interface PlotArea {
  /** CSS pixels. */
  width: number;
  height: number;
  pixelRatio: number;
}

export interface PaintStyle {
  logY: boolean;
  band: boolean;
  smoothed: boolean;
  lineWidth: number;
  bandOpacity: number;
}

/** Envelope of a bucket, as the design has it. */
const BAND_OPACITY = 0.22;
/**
 * Opacity of all bands where they lie on each other; with many runs each is fainter, while the hot run's is
 * always full.
 */
const BANDS_TOGETHER = 0.6;
const BAND_OPACITY_MIN = 0.075;
const RAW_OPACITY = 0.28;
const FADED_OPACITY = 0.55;
/** Points this far apart are drawn as dots too, so that single values can be seen and hit. */
const DOT_GAP_PX = 14;

export function bandOpacity(seriesCount: number): number {
  const shared = 1 - (1 - BANDS_TOGETHER) ** (1 / Math.max(1, seriesCount));
  return Math.min(BAND_OPACITY, Math.max(BAND_OPACITY_MIN, shared));
}

export const hotBandOpacity = BAND_OPACITY;

export interface Scale {
  x(value: number): number;
  y(value: number): number;
}

/** From values to CSS pixels; what a logarithm cannot show becomes NaN, which is a gap. */
export function makeScale(x: Extent, y: Extent, logY: boolean, area: PlotArea): Scale {
  const perX = area.width / (x.max - x.min);
  const project = logY ? (value: number) => (value > 0 ? Math.log10(value) : NaN) : (value: number) => value;
  const [bottom, top] = [project(y.min), project(y.max)];
  const perY = area.height / (top - bottom);
  return {
    x: (value) => (value - x.min) * perX,
    y: (value) => area.height - (project(value) - bottom) * perY,
  };
}

export function paintSeries(context: CanvasRenderingContext2D, model: LineModel, series: readonly LineSeries[], area: PlotArea, style: PaintStyle): void {
  const scale = makeScale(model.x, model.y, style.logY, area);
  context.setTransform(area.pixelRatio, 0, 0, area.pixelRatio, 0, 0);
  context.clearRect(0, 0, area.width, area.height);
  context.lineJoin = "round";
  if (style.band) for (const one of series) paintBand(context, one, scale, area, style.bandOpacity);
  for (const one of series) {
    context.strokeStyle = context.fillStyle = one.run.color;
    if (style.smoothed) {
      context.globalAlpha = RAW_OPACITY * (one.faded ? FADED_OPACITY : 1);
      context.lineWidth = 1;
      context.setLineDash([]);
      paintLine(context, one.columns.x, one.columns.mean, scale, area);
    }
    context.globalAlpha = one.faded ? FADED_OPACITY : 1;
    context.lineWidth = style.lineWidth;
    context.setLineDash([...one.run.dash]);
    paintLine(context, one.columns.x, one.line, scale, area);
  }
  context.globalAlpha = 1;
}

function paintLine(context: CanvasRenderingContext2D, xs: Float64Array, ys: Float64Array, scale: Scale, area: PlotArea): void {
  const dots: [number, number][] = [];
  const [from, to] = visibleRange(xs, scale, area);
  const spanPx = to > from ? scale.x(xs[to - 1] as number) - scale.x(xs[from] as number) : 0;
  const sparse = to - from < 2 || spanPx / (to - from - 1) > DOT_GAP_PX;
  context.beginPath();
  let length = 0;
  let [lastX, lastY] = [0, 0];
  for (let i = from; i <= to; i++) {
    const px = i < to ? scale.x(xs[i] as number) : NaN;
    const py = i < to ? scale.y(ys[i] as number) : NaN;
    if (!Number.isFinite(py) || !Number.isFinite(px)) {
      if (length === 1 && !sparse) dots.push([lastX, lastY]);
      length = 0;
      continue;
    }
    if (length === 0) context.moveTo(px, py);
    else context.lineTo(px, py);
    if (sparse) dots.push([px, py]);
    [lastX, lastY] = [px, py];
    length += 1;
  }
  context.stroke();
  if (dots.length === 0) return;
  context.beginPath();
  const radius = to - from === 1 ? 3 : context.lineWidth * 0.7 + 1;
  for (const [x, y] of dots) {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.fill();
}

/**
 * The indices worth drawing: those inside the window and one to either side, so that the line reaches its
 * edges.
 */
function visibleRange(xs: Float64Array, scale: Scale, area: PlotArea): [number, number] {
  let from = 0;
  let to = xs.length;
  while (from + 1 < to && scale.x(xs[from + 1] as number) < 0) from += 1;
  while (to - 2 > from && scale.x(xs[to - 2] as number) > area.width) to -= 1;
  return [from, to];
}

function paintBand(context: CanvasRenderingContext2D, series: LineSeries, scale: Scale, area: PlotArea, opacity: number): void {
  const { x, min, max } = series.columns;
  if (min === null || max === null) return;
  context.fillStyle = series.run.color;
  context.globalAlpha = opacity;
  context.beginPath();
  for (const [from, to] of bandSegments(min, max, scale, area)) {
    if (to - from === 1) {
      // A single bucket has no width of its own; a pixel keeps its spike visible.
      const [top, bottom] = [edge(scale.y(max[from] as number), area), edge(scale.y(min[from] as number), area)];
      context.rect(scale.x(x[from] as number) - 0.5, top, 1, bottom - top);
      continue;
    }
    for (let i = from; i < to; i++) {
      const [px, py] = [scale.x(x[i] as number), edge(scale.y(max[i] as number), area)];
      if (i === from) context.moveTo(px, py);
      else context.lineTo(px, py);
    }
    for (let i = to - 1; i >= from; i--) context.lineTo(scale.x(x[i] as number), edge(scale.y(min[i] as number), area));
    context.closePath();
  }
  context.fill();
}

/**
 * Runs of buckets whose band can be drawn; NaN in either bound ends a run. An infinite bound reaches the edge
 * of the plot.
 */
export function bandSegments(min: Float64Array, max: Float64Array, scale: Scale, area: PlotArea): [number, number][] {
  const segments: [number, number][] = [];
  let start = -1;
  for (let i = 0; i <= max.length; i++) {
    const drawable = i < max.length && !Number.isNaN(edge(scale.y(max[i] as number), area)) && !Number.isNaN(edge(scale.y(min[i] as number), area));
    if (drawable && start < 0) start = i;
    if (!drawable && start >= 0) {
      segments.push([start, i]);
      start = -1;
    }
  }
  return segments;
}

function edge(y: number, area: PlotArea): number {
  return Number.isNaN(y) ? NaN : Math.min(area.height + 1, Math.max(-1, y));
}
