// Paints a heat grid with its axes on a canvas: one rectangle per cell, in the run's colour, stronger for
// larger counts.

import { niceTicks } from "../../numbers/extent";
import { formatTicks } from "../../numbers/format";
import type { HeatGrid } from "./rebin";

export interface HeatFrame {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface HeatColors {
  cell: string;
  text: string;
  grid: string;
}

/** Small counts stay visible beside a tall peak. */
const GAMMA = 0.5;
const MARGIN = { top: 8, right: 22, bottom: 22 };
const DIGIT_PX = 6.2;
const FONT = "11px system-ui, sans-serif";

export function heatFrame(grid: HeatGrid, width: number, height: number): HeatFrame {
  const labels = formatTicks(yTicks(grid, height));
  const left = 12 + DIGIT_PX * Math.max(3, ...labels.map((label) => label.length));
  return { left, top: MARGIN.top, width: width - left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
}

function yTicks({ edges }: HeatGrid, height: number): number[] {
  return niceTicks(edges[0] as number, edges[edges.length - 1] as number, Math.max(2, Math.floor(height / 45)));
}

export function paintHeat(
  context: CanvasRenderingContext2D,
  grid: HeatGrid,
  bounds: readonly (readonly [number, number])[],
  frame: HeatFrame,
  colors: HeatColors,
): void {
  const { edges, columns, peak } = grid;
  const rows = edges.length - 1;
  const [first, last] = [bounds[0]?.[0] ?? 0, bounds[bounds.length - 1]?.[1] ?? 1];
  const toX = (step: number) => frame.left + ((step - first) / (last - first)) * frame.width;
  const toY = (row: number) => frame.top + frame.height * (1 - row / rows);
  context.fillStyle = colors.cell;
  columns.forEach((column, i) => {
    const [from, to] = bounds[i] as [number, number];
    // Whole pixels, so that neighbours neither overlap nor leave a seam.
    const [left, right] = [Math.round(toX(from)), Math.round(toX(to))];
    for (let row = 0; row < rows; row++) {
      const count = column[row] as number;
      if (count <= 0) continue;
      const [top, bottom] = [Math.round(toY(row + 1)), Math.round(toY(row))];
      context.globalAlpha = (count / peak) ** GAMMA;
      context.fillRect(left, top, Math.max(1, right - left), bottom - top);
    }
  });
  context.globalAlpha = 1;
  paintAxes(context, grid, frame, colors, toX, first, last);
}

function paintAxes(
  context: CanvasRenderingContext2D,
  grid: HeatGrid,
  frame: HeatFrame,
  colors: HeatColors,
  toX: (step: number) => number,
  first: number,
  last: number,
): void {
  context.font = FONT;
  context.fillStyle = colors.text;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const [low, high] = [grid.edges[0] as number, grid.edges[grid.edges.length - 1] as number];
  const ticks = yTicks(grid, frame.height);
  const labels = formatTicks(ticks);
  ticks.forEach((tick, i) => {
    const y = frame.top + frame.height * (1 - (tick - low) / (high - low));
    context.fillText(labels[i] as string, frame.left - 6, y);
  });
  context.textBaseline = "top";
  context.textAlign = "center";
  const steps = niceTicks(first, last, Math.max(2, Math.floor(frame.width / 80)));
  const names = formatTicks(steps);
  for (const [i, step] of steps.entries()) context.fillText(names[i] as string, toX(step), frame.top + frame.height + 6);
}
