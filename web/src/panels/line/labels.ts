// Names at the ends of lines, in the margin of wide charts with few lines: colour alone need not tell them
// apart.
import type { LineModel, LineSeries } from "./model";
import type { Scale } from "./paint";

export interface EndLabel {
  id: string;
  text: string;
  color: string;
  top: number;
}

/** More names than this are a legend, and the sidebar is one. */
const MAX_LABELS = 6;
/** Narrower charts have no room to give away. */
const MIN_WIDTH_PX = 700;
const LINE_PX = 14;
/** Room at the right for names, and without names for half of the last tick label. */
const NAMES_PX = 150;
const TICK_PX = 22;

export function rightMargin(model: LineModel, width: number): number {
  return hasLabels(model, width) ? NAMES_PX : TICK_PX;
}

function hasLabels({ series }: LineModel, width: number): boolean {
  return width >= MIN_WIDTH_PX && series.length > 0 && series.length <= MAX_LABELS;
}

/**
 * Moves positions apart to at least `gap`, inside 0..`height`, keeping their order. Positions come ascending.
 */
export function spread(positions: readonly number[], gap: number, height: number): number[] {
  const placed: number[] = [];
  for (const position of positions) placed.push(Math.max(position, (placed.at(-1) ?? -Infinity) + gap));
  let limit = height;
  for (let i = placed.length - 1; i >= 0; i--) {
    placed[i] = Math.min(placed[i] as number, limit);
    limit = (placed[i] as number) - gap;
  }
  return placed;
}

function lastY({ columns, line }: LineSeries, { min, max }: LineModel["x"], scale: Scale): number {
  for (let i = columns.length - 1; i >= 0; i--) {
    const x = columns.x[i] as number;
    if (Number.isFinite(line[i] as number) && x >= min && x <= max) return scale.y(line[i] as number);
  }
  return NaN;
}

/**
 * The labels of a chart whose whole width is `width`, with their middles in CSS pixels from the top of the
 * plot.
 */
export function endLabels(model: LineModel, scale: Scale, width: number, plotHeight: number): EndLabel[] {
  if (!hasLabels(model, width)) return [];
  const ends = model.series
    .map((series) => ({ series, y: lastY(series, model.x, scale) }))
    .filter(({ y }) => Number.isFinite(y))
    .sort((a, b) => a.y - b.y);
  const tops = spread(
    ends.map(({ y }) => y),
    LINE_PX,
    plotHeight,
  );
  return ends.map(({ series: { id, run, rank } }, i) => ({
    id,
    text: rank === "" ? run.name : `${run.name} · ${rank}`,
    color: run.color,
    top: tops[i] as number,
  }));
}
