// Columns, sorting and filtering of runs; the sidebar and the runs table share them.
import type { RunInfo } from "../api/types";
import { flatten } from "../api/values";
import { sortedBy } from "../numbers/order";
import { describeMedia, formatValue } from "../numbers/value";
import { splitArtifacts } from "./artifacts";

export interface RunSort {
  /** `name`, `state`, `created`, `runtime`, `steps`, `config.<key>` or `summary.<key>`. */
  column: string;
  descending: boolean;
}

export interface RunRow {
  info: RunInfo;
  config: Map<string, unknown>;
  artifacts: Map<string, string>;
  summary: Map<string, unknown>;
}

const rows = new WeakMap<RunInfo, RunRow>();

/** Flattening is remembered per RunInfo: a push replaces the object when the run changes. */
export function runRow(info: RunInfo): RunRow {
  let row = rows.get(info);
  if (row === undefined) {
    const { set, artifacts } = splitArtifacts(info.config);
    row = { info, config: flatten(set), artifacts, summary: flatten(info.summary) };
    rows.set(info, row);
  }
  return row;
}

export function columnValue({ info, config, summary }: RunRow, column: string): unknown {
  if (column.startsWith("config.")) return config.get(column.slice("config.".length));
  if (column.startsWith("summary.")) return summary.get(column.slice("summary.".length));
  switch (column) {
    case "name":
      return info.name;
    case "state":
      return info.state;
    case "created":
      return info.created_us;
    case "runtime":
      return info.runtime_s;
    case "steps":
      return info.last_step;
    case "group":
      return info.group;
    case "tags":
      return info.tags.join(", ");
    default:
      return undefined;
  }
}

/** Stable: runs with equal values keep the order they came in. */
export function sortRuns(infos: readonly RunInfo[], sort: RunSort): RunInfo[] {
  return sortedBy(infos, (info) => columnValue(runRow(info), sort.column), sort.descending);
}

/**
 * Every word must occur in the name, id, state, group, tags, notes or in a `key=value` of the configuration.
 */
export function filterRuns(infos: readonly RunInfo[], text: string): RunInfo[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return [...infos];
  return infos.filter((info) => {
    const haystack = searchText(info);
    return words.every((word) => haystack.includes(word));
  });
}

const searchTexts = new WeakMap<RunInfo, string>();

function searchText(info: RunInfo): string {
  let text = searchTexts.get(info);
  if (text === undefined) {
    const config = [...runRow(info).config].map(([key, value]) => `${key}=${formatValue(value)}`);
    text = [info.name, info.run, info.state, info.group ?? "", info.notes ?? "", ...info.tags, ...config].join("\n").toLowerCase();
    searchTexts.set(info, text);
  }
  return text;
}

/**
 * All config and summary columns of the runs, by name; media, which no table compares, come after, and last
 * the system's own, which start with `_`.
 */
export function allColumns(infos: readonly RunInfo[]): string[] {
  const config = new Set<string>();
  const summary = new Set<string>();
  const media = new Set<string>();
  for (const info of infos) {
    const row = runRow(info);
    for (const key of row.config.keys()) config.add(key);
    for (const [key, value] of row.summary) {
      summary.add(key);
      if (describeMedia(value) !== null) media.add(key);
    }
  }
  const place = (key: string) => (key.startsWith("_") ? 2 : media.has(key) ? 1 : 0);
  const ordered = (keys: Set<string>) => [...keys].sort((a, b) => place(a) - place(b) || a.localeCompare(b, "en", { numeric: true }));
  return [...ordered(config).map((key) => `config.${key}`), ...ordered(summary).map((key) => `summary.${key}`)];
}
