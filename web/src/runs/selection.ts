// Selection of the runs that the charts show: a live rule (the newest n) or an explicit list.
import type { RunInfo } from "../api/types";

export type RunSelection = { kind: "newest"; count: number } | { kind: "ids"; ids: readonly string[] };

export const DEFAULT_SELECTION: RunSelection = { kind: "newest", count: 10 };

/** The shown runs, newest first; `runs` comes newest first. */
export function selectRuns(runs: readonly RunInfo[], selection: RunSelection): RunInfo[] {
  if (selection.kind === "newest") return runs.slice(0, selection.count);
  const wanted = new Set(selection.ids);
  return runs.filter((run) => wanted.has(run.run));
}

/** Showing or hiding one run turns a rule into the list it stood for. */
export function toggleRun(runs: readonly RunInfo[], selection: RunSelection, id: string): RunSelection {
  const shown = selectRuns(runs, selection).map((run) => run.run);
  return { kind: "ids", ids: shown.includes(id) ? shown.filter((other) => other !== id) : [...shown, id] };
}
