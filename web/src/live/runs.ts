// Merges pushed runs into those known: the list, the runs that grow, and the lag of the newest value.
import { TIMESTAMP } from "../api/generated";
import type { RunInfo } from "../api/types";

/** Pushed runs replace theirs by id; new ones come first, because the list is newest first. */
export function mergeRuns(held: readonly RunInfo[], pushed: readonly RunInfo[]): RunInfo[] {
  const byId = new Map(pushed.map((run) => [run.run, run]));
  const known = held.map((run) => {
    const replacement = byId.get(run.run);
    byId.delete(run.run);
    return replacement ?? run;
  });
  const fresh = [...byId.values()].sort((a, b) => b.created_us - a.created_us);
  return [...fresh, ...known];
}

export function growingRuns(runs: readonly RunInfo[]): Set<string> {
  return new Set(runs.filter((run) => run.state === "running").map((run) => run.run));
}

/**
 * Runs that no subscription covers any more but whose rows differ from before: they ended, or rows arrived
 * late.
 */
export function settledRuns(held: readonly RunInfo[], pushed: readonly RunInfo[]): Set<string> {
  const before = new Map(held.map((run) => [run.run, run]));
  const settled = pushed.filter((run) => {
    const old = before.get(run.run);
    return run.state !== "running" && (old === undefined || old.rows !== run.rows || old.state === "running");
  });
  return new Set(settled.map((run) => run.run));
}

/** Seconds from the newest value of any running run to the server's clock; null when nothing runs. */
export function lagSeconds(runs: readonly RunInfo[], serverUs: number): number | null {
  const newest = runs
    .filter((run) => run.state === "running")
    .map((run) => {
      const stamp = run.summary[TIMESTAMP];
      return typeof stamp === "number" ? stamp * 1e6 : run.heartbeat_us;
    });
  return newest.length === 0 ? null : Math.max(0, (serverUs - Math.max(...newest)) / 1e6);
}
