// The heat map of one run's histograms over steps.

import { useEffect, useMemo, useRef } from "react";
import { STEP } from "../../api/generated";
import { useHistograms } from "../../api/queries";
import { csvOf } from "../../numbers/csv";
import { formatNumber } from "../../numbers/format";
import { pngOf } from "../../ui/download";
import { cursor } from "../../view/cursor";
import { themeColor } from "../../view/theme";
import { hideTooltip, showTooltip } from "../../view/tooltip";
import { useSingleRun } from "../singleRun";
import type { PanelProps } from "../types";
import { heatFrame, paintHeat } from "./paint";
import { columnBounds, heatGrid } from "./rebin";

/** Rows are about this high, and columns as wide, in CSS pixels. */
const CELL_PX = 4;
const MAX_COLUMNS = 200;

export default function HeatmapView({ panelId, keyInfo, runs, theme, session, width, height, host }: PanelProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const line = useRef<HTMLDivElement>(null);
  const { run, control } = useSingleRun({ runs, keyInfo, host });
  const columns = Math.min(MAX_COLUMNS, Math.max(20, Math.floor(width / CELL_PX)));
  const { data, error } = useHistograms(session, run, keyInfo.key, columns);
  const rows = Math.max(16, Math.floor((height - 30) / CELL_PX));
  const grid = useMemo(() => (data === undefined ? null : heatGrid(data.bins, data.values, rows)), [data, rows]);
  const bounds = useMemo(() => columnBounds(data?.steps ?? []), [data]);
  const frame = useMemo(() => (grid === null ? null : heatFrame(grid, width, height)), [grid, width, height]);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context || grid === null || frame === null || run === undefined) return;
    canvas.current.width = Math.round(width * devicePixelRatio);
    canvas.current.height = Math.round(height * devicePixelRatio);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    paintHeat(context, grid, bounds, frame, { cell: run.color, text: themeColor("--text3"), grid: themeColor("--grid") });
  }, [grid, bounds, frame, run?.color, theme, width, height]);

  useEffect(() => {
    if (data === undefined) return;
    host.setPoints(data.steps.length, data.points);
    const all = data.steps.length === data.points;
    host.setInfo(all ? "exact" : `${data.steps.length} of ${data.points}`, "Histograms shown of those logged, evenly over the run.");
    host.setExporters({
      csv: () => {
        const rows = data.steps.flatMap((step, i) => (data.values[i] ?? []).map((count, j) => [step, data.bins[i]?.[j], data.bins[i]?.[j + 1], count]));
        return csvOf([["step", "from", "to", "count"], ...rows]);
      },
      png: () => pngOf(canvas.current as HTMLCanvasElement),
    });
  }, [data]);

  useEffect(() => {
    const follow = () => {
      const { x, xKey } = cursor.getState();
      const element = line.current;
      if (element === null || frame === null) return;
      const [first, last] = [bounds[0]?.[0] ?? 0, bounds[bounds.length - 1]?.[1] ?? 1];
      const shown = x !== null && xKey === STEP && x >= first && x <= last;
      element.style.display = shown ? "block" : "none";
      if (!shown) return;
      element.style.height = `${frame.height}px`;
      element.style.transform = `translate(${Math.round(frame.left + ((x - first) / (last - first)) * frame.width)}px, ${frame.top}px)`;
    };
    follow();
    return cursor.subscribe(follow);
  }, [frame, bounds]);
  useEffect(() => () => hideTooltip(panelId), [panelId]);

  const hover = (event: React.MouseEvent) => {
    if (grid === null || frame === null || data === undefined || run === undefined) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const [left, top] = [event.clientX - box.left - frame.left, event.clientY - box.top - frame.top];
    const [first, last] = [bounds[0]?.[0] ?? 0, bounds[bounds.length - 1]?.[1] ?? 1];
    const x = first + (left / frame.width) * (last - first);
    const column = bounds.findIndex(([from, to]) => x >= from && x < to);
    const row = Math.floor((1 - top / frame.height) * (grid.edges.length - 1));
    const count = grid.columns[column]?.[row];
    if (count === undefined) return leave();
    cursor.setState({ xKey: STEP, x: data.steps[column] ?? null, hotRun: null });
    showTooltip(panelId, {
      left: event.clientX,
      top: event.clientY,
      title: `step ${formatNumber(data.steps[column] as number)}`,
      rows: [
        {
          id: run.id,
          name: `${formatNumber(grid.edges[row] as number)} .. ${formatNumber(grid.edges[row + 1] as number)}`,
          color: run.color,
          hot: true,
          text: `${formatNumber(Number(count.toPrecision(4)))}`,
          exact: String(count),
          detail: "values",
        },
      ],
      notes: [run.name],
    });
  };
  const leave = () => {
    cursor.setState({ x: null });
    hideTooltip(panelId);
  };

  if (error !== null) return <p className="panel-message">{error.message}</p>;
  return (
    <>
      {control}
      <div className="heatmap" onMouseMove={hover} onMouseLeave={leave}>
        <canvas ref={canvas} style={{ width, height }} role="img" aria-label={`Histograms of ${keyInfo.key} over steps`} />
        <div className="cursor-line" ref={line} />
        {data !== undefined && grid === null && <p className="panel-message">No histogram in the run shown.</p>}
      </div>
    </>
  );
}
