// The shapes of the HTTP API as docs/http-api.md states them.

export type RunState = "running" | "finished" | "failed" | "crashed";

/** Facts about the server. `backlog` is what lay in a directory of runs when it was opened. */
export interface ServerStatus {
  version: string;
  mode: "local" | "server";
  backlog: { read_bytes: number; left_bytes: number };
}

export interface ProjectInfo {
  entity: string;
  name: string;
  runs: number;
  running: number;
  last_activity_us: number | null;
}

export interface RunLabel {
  label: string;
  rank: number | null;
}

export interface RunInfo {
  entity: string;
  project: string;
  run: string;
  name: string;
  state: RunState;
  created_us: number;
  heartbeat_us: number;
  runtime_s: number;
  slot: number;
  tags: string[];
  notes: string | null;
  group: string | null;
  job_type: string | null;
  exit_code: number | null;
  labels: RunLabel[];
  config: Record<string, unknown>;
  summary: Record<string, unknown>;
  /** Values that the summary has; a list holds the first of a long one. */
  summary_keys?: number;
  last_step: number | null;
  rows: number;
  loss: { sampled_rows: number; lost_rows: number };
}

/** Whether the run has more values than its summary here holds. */
export function isCut(run: RunInfo): boolean {
  return (run.summary_keys ?? 0) > Object.keys(run.summary).length;
}

export interface KeyInfo {
  key: string;
  kinds: string[];
  runs: number;
  points: number;
  first_step: number | null;
  last_step: number | null;
}

export interface MetricInfo {
  name: string;
  step_metric: string | null;
  hidden: boolean;
  summary: string[];
  goal: string | null;
}

export interface SeriesRef {
  run: string;
  key: string;
  label: string | null;
}

export interface PanelRequest {
  id: string;
  x: string;
  from: number | null;
  to: number | null;
  buckets: number;
  log_x: boolean;
  series: SeriesRef[];
}

export interface BatchRequest {
  entity: string;
  project: string;
  panels: PanelRequest[];
}

export interface HistogramSeries {
  points: number;
  steps: number[];
  bins: number[][];
  values: number[][];
}

export interface LoggedValue {
  step: number;
  kind: string;
  value: unknown;
}
