// The line chart as a panel: its series from the store, a new model when data arrive, shared cursor and zoom.
import { useEffect, useMemo, useRef, useState } from "react";
import { STEP } from "../../api/generated";
import { formatCount } from "../../numbers/format";
import type { LoadedPanel } from "../../series/merge";
import { cursor, setHotRun } from "../../view/cursor";
import { resetZoom, zoomTo } from "../../view/store";
import { themeColor } from "../../view/theme";
import { hideTooltip, showTooltip } from "../../view/tooltip";
import type { PanelProps } from "../types";
import { LineChart } from "./chart";
import { describeHits } from "./hover";
import { buildModel, type LineModel, modelCsv, seriesRefs } from "./model";

/** Bucket counts move in steps, so that dragging a divider does not ask anew at every pixel. */
const BUCKET_STEP = 50;
const BUCKETS_MIN = 100;
/** Width of the y axis and the padding, roughly. */
const AXIS_PX = 56;

/** A window from the mouse, cut to the digits that a pixel can tell apart, so that its URL stays short. */
function roundWindow(from: number, to: number): [number, number] {
  const unit = 10 ** Math.floor(Math.log10((to - from) / 1000));
  const digits = Math.max(0, Math.round(-Math.log10(unit)));
  const round = (value: number) => Number((Math.round(value / unit) * unit).toFixed(Math.min(20, digits)));
  return [round(from), round(to)];
}

export default function LineView({ panelId, keyInfo, x, runs, view, theme, session, width, height, host }: PanelProps) {
  const parent = useRef<HTMLDivElement>(null);
  const chart = useRef<LineChart | null>(null);
  const loaded = useRef<LoadedPanel | null>(null);
  const model = useRef<LineModel | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [ready, setReady] = useState(false);

  const zoom = view.zoom !== null && (view.zoom.x ?? view.x) === x ? view.zoom : null;
  const window = useMemo<[number, number] | null>(() => (zoom === null ? null : [zoom.from, zoom.to]), [zoom?.from, zoom?.to]);
  const buckets = Math.max(BUCKETS_MIN, Math.floor((width - AXIS_PX) / BUCKET_STEP) * BUCKET_STEP);
  const refs = useMemo(() => seriesRefs(keyInfo.key, runs, view.ranks), [keyInfo.key, view.ranks, runs.map((run) => `${run.id}:${run.labels.length}`).join()]);
  const { smoothing, logY, band, ignoreOutliers } = view;

  const rebuild = () => {
    if (loaded.current === null) return;
    const style = { smoothing, logY, band, ignoreOutliers };
    model.current = buildModel({ panel: loaded.current, refs, runs, view: style, window, formatCount });
    host.setInfo(model.current.info.text, model.current.info.explanation);
    host.setPoints(model.current.points, model.current.logged);
    if (chart.current !== null) chart.current.setModel(model.current);
    else setReady(true);
  };
  // The store keeps one listener per panel for long; it must see what the last render saw.
  const latest = useRef(rebuild);
  latest.current = rebuild;

  useEffect(() => {
    session.store.want(
      { id: panelId, x, from: window?.[0] ?? null, to: window?.[1] ?? null, buckets, log_x: false, series: refs },
      {
        onData: (panel) => {
          loaded.current = panel;
          setError(null);
          latest.current();
        },
        onError: setError,
      },
    );
  }, [session, panelId, x, window, buckets, refs]);
  useEffect(() => () => session.store.drop(panelId), [session, panelId]);

  // What is drawn changes without new data: colours, smoothing, the window itself.
  useEffect(() => latest.current(), [runs, refs, window, smoothing, logY, band, ignoreOutliers]);

  useEffect(() => {
    if (!ready || parent.current === null || model.current === null) return;
    const events = {
      onZoom: (from: number, to: number) => {
        const [left, right] = x === STEP && to - from > 2 ? [Math.floor(from), Math.ceil(to)] : roundWindow(from, to);
        hideTooltip(panelId);
        zoomTo({ from: left, to: right, x: x === view.x ? null : x });
      },
      onResetZoom: resetZoom,
      onHover: (hits: Parameters<typeof describeHits>[1], at: number, clientX: number, clientY: number) => {
        cursor.setState({ xKey: x, x: at, hotRun: hits[0]?.series.run.id ?? null });
        const content = describeHits(x, hits, clientX, clientY);
        if (content === null) hideTooltip(panelId);
        else showTooltip(panelId, content);
      },
      onLeave: () => {
        cursor.setState({ x: null, hotRun: null });
        hideTooltip(panelId);
      },
    };
    const options = { x, logY, band, smoothed: smoothing > 0, theme };
    const made = new LineChart(parent.current, { width, height }, model.current, options, events);
    chart.current = made;
    const follow = () => {
      const { xKey, x: at, hotRun } = cursor.getState();
      made.setCursor(xKey === x ? at : null);
      made.setHotRun(hotRun);
    };
    follow();
    const unsubscribe = cursor.subscribe(follow);
    host.setExporters({
      csv: () => (model.current === null ? "" : modelCsv(model.current, x, keyInfo.key)),
      png: () => made.toPng(themeColor("--surface")),
    });
    return () => {
      unsubscribe();
      chart.current = null;
      made.destroy();
    };
  }, [ready, x, view.x, logY, band, smoothing > 0, theme, panelId]);

  useEffect(() => chart.current?.setSize(width, height), [width, height]);

  // A card that goes away under the mouse leaves no tooltip behind.
  useEffect(
    () => () => {
      hideTooltip(panelId);
      setHotRun(null);
    },
    [panelId],
  );

  return (
    <>
      {error !== null && <p className="panel-message over-chart">{error}</p>}
      <div className="line-chart" ref={parent} />
    </>
  );
}
