// The codec between what a view shows and the readable query of its URL; defaults are left out.
import { STEP } from "../api/generated";
import { DEFAULT_SELECTION, type RunSelection } from "../runs/selection";
import type { RunSort } from "../runs/table";
import { X_AXES } from "./choices";

export type RankMode = "primary" | "all" | "each";

export interface Zoom {
  from: number;
  to: number;
  /**
   * The x key of the window when it is not the one of the view (a metric with its own step metric); else
   * null.
   */
  x: string | null;
}

export interface ViewState {
  /** `_step`, `_runtime`, `_timestamp` or a numeric key. */
  x: string;
  /** TWEMA weight; 0 is off. */
  smoothing: number;
  logY: boolean;
  band: boolean;
  ignoreOutliers: boolean;
  query: string;
  zoom: Zoom | null;
  runs: RunSelection;
  ranks: RankMode;
  filter: string;
  sort: RunSort;
  /** The step that media show; null for the newest. */
  step: number | null;
}

export const DEFAULT_VIEW: ViewState = {
  x: STEP,
  smoothing: 0,
  logY: false,
  band: true,
  ignoreOutliers: false,
  query: "",
  zoom: null,
  runs: DEFAULT_SELECTION,
  ranks: "primary",
  filter: "",
  sort: { column: "created", descending: true },
  step: null,
};

/** A key that is called like one of the short names is written with `key:` before it. */
function encodeX(x: string): string {
  const short = X_AXES.find(({ key }) => key === x)?.name;
  if (short !== undefined) return short;
  return X_AXES.some(({ name }) => name === x) || x.startsWith("key:") ? `key:${x}` : x;
}

function decodeX(text: string): string {
  if (text.startsWith("key:")) return text.slice("key:".length);
  return X_AXES.find(({ name }) => name === text)?.key ?? text;
}

function encodeRuns(runs: RunSelection): string {
  if (runs.kind === "newest") return `newest:${runs.count}`;
  return runs.ids.length === 0 ? "none" : runs.ids.map((id) => `id:${encodeURIComponent(id)}`).join(",");
}

function decodeRuns(text: string): RunSelection {
  if (text === "none") return { kind: "ids", ids: [] };
  const newest = /^newest:(\d{1,6})$/.exec(text);
  if (newest) return { kind: "newest", count: Number(newest[1]) };
  const ids = text.split(",").filter((part) => part.startsWith("id:"));
  if (ids.length === 0) return DEFAULT_SELECTION;
  try {
    return { kind: "ids", ids: ids.map((part) => decodeURIComponent(part.slice("id:".length))) };
  } catch {
    return DEFAULT_SELECTION;
  }
}

function encodeWeight(weight: number): string {
  return String(weight).replace(/^0\./, ".");
}

function encodeZoom({ from, to, x }: Zoom): string {
  return x === null ? `${from}:${to}` : `${from}:${to}:${x}`;
}

function decodeZoom(text: string): Zoom | null {
  const match = /^([^:]+):([^:]+)(?::(.+))?$/.exec(text);
  if (match === null) return null;
  const [from, to] = [Number(match[1]), Number(match[2])];
  return Number.isFinite(from) && Number.isFinite(to) && from < to ? { from, to, x: match[3] ?? null } : null;
}

/** Characters that stay readable in a query, though URLSearchParams escapes them. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text).replace(/%(3A|2F|2C|7C|24|40|28|29)/gi, (code) => decodeURIComponent(code));
}

/** The query without its question mark; empty when everything is at its default. */
export function encodeView(view: ViewState): string {
  const parts: string[] = [];
  const put = (name: string, value: string) => parts.push(`${name}=${escapeQuery(value)}`);
  if (view.x !== DEFAULT_VIEW.x) put("x", encodeX(view.x));
  if (view.smoothing > 0) put("s", `twema:${encodeWeight(view.smoothing)}`);
  if (view.logY) put("y", "log");
  if (!view.band) put("band", "off");
  if (view.ignoreOutliers) put("outliers", "hide");
  if (view.ranks !== DEFAULT_VIEW.ranks) put("ranks", view.ranks);
  if (view.query !== "") put("q", view.query);
  if (view.zoom !== null) put("zoom", encodeZoom(view.zoom));
  const runs = encodeRuns(view.runs);
  if (runs !== encodeRuns(DEFAULT_SELECTION)) put("r", runs);
  if (view.filter !== "") put("f", view.filter);
  const { column, descending } = view.sort;
  if (column !== DEFAULT_VIEW.sort.column || descending !== DEFAULT_VIEW.sort.descending) put("sort", `${descending ? "-" : ""}${column}`);
  if (view.step !== null) put("step", String(view.step));
  return parts.join("&");
}

/** Reads any query; what it does not understand becomes the default. */
export function decodeView(search: string): ViewState {
  const query = new URLSearchParams(search);
  const smoothing = /^twema:(\d*\.?\d+)$/.exec(query.get("s") ?? "");
  const weight = smoothing ? Number(smoothing[1]) : 0;
  const sort = query.get("sort");
  const ranks = query.get("ranks");
  const step = query.get("step") ?? "";
  return {
    x: query.has("x") ? decodeX(query.get("x") as string) : DEFAULT_VIEW.x,
    smoothing: weight > 0 && weight < 1 ? weight : 0,
    logY: query.get("y") === "log",
    band: query.get("band") !== "off",
    ignoreOutliers: query.get("outliers") === "hide",
    query: query.get("q") ?? "",
    zoom: decodeZoom(query.get("zoom") ?? ""),
    runs: query.has("r") ? decodeRuns(query.get("r") as string) : DEFAULT_SELECTION,
    ranks: ranks === "all" || ranks === "each" ? ranks : "primary",
    filter: query.get("f") ?? "",
    sort: sort === null ? DEFAULT_VIEW.sort : { column: sort.replace(/^-/, ""), descending: sort.startsWith("-") },
    step: /^\d{1,15}$/.test(step) ? Number(step) : null,
  };
}
