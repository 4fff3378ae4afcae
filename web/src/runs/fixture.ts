// A run as the API sends it, for tests.
import type { RunInfo } from "../api/types";

export function makeRunInfo(run: string, changes: Partial<RunInfo> = {}): RunInfo {
  return {
    entity: "local",
    project: "digits",
    run,
    name: `name of ${run}`,
    state: "finished",
    created_us: 1_000_000,
    heartbeat_us: 2_000_000,
    runtime_s: 1,
    slot: 0,
    tags: [],
    notes: null,
    group: null,
    job_type: null,
    exit_code: 0,
    labels: [{ label: "rank0", rank: 0 }],
    config: {},
    summary: {},
    last_step: 10,
    rows: 11,
    loss: { sampled_rows: 0, lost_rows: 0 },
    ...changes,
  };
}
