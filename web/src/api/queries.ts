// React queries for everything but series: what a project has, and values that a run goes on logging.
import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { readHistograms, readKeys, readProjects, readRun, readRuns, readStatus, readValues } from "./client";
import { isCut, type RunInfo, type ServerStatus } from "./types";

export const runsQueryKey = (entity: string, project: string) => ["runs", entity, project];
export const keysQueryKey = (entity: string, project: string, run: string | null) => ["keys", entity, project, run];

export function useProjects() {
  return useQuery({ queryKey: ["projects"], queryFn: ({ signal }) => readProjects(signal), refetchInterval: 5000 });
}

/** Part of the directory that is read, 0 to 1; null where all of it is, or nothing is known yet. */
export function useReading(): number | null {
  const left = (status: ServerStatus | undefined) => status?.backlog.left_bytes ?? 0;
  const { data } = useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => readStatus(signal),
    refetchInterval: ({ state }) => (left(state.data) > 0 ? 1000 : false),
  });
  return data !== undefined && left(data) > 0 ? data.backlog.read_bytes / (data.backlog.read_bytes + left(data)) : null;
}

export function useRuns(entity: string, project: string) {
  return useQuery({ queryKey: runsQueryKey(entity, project), queryFn: ({ signal }) => readRuns(entity, project, signal) });
}

/**
 * A run by its id; asked for only when the list, which is cut off in huge projects, does not hold it, or not
 * all of its summary.
 */
export function useRun(entity: string, project: string, id: string) {
  const runs = useRuns(entity, project);
  const listed = runs.data?.runs.find((other) => other.run === id);
  const single = useQuery({
    queryKey: ["run", entity, project, id],
    queryFn: ({ signal }) => readRun(entity, project, id, signal),
    enabled: runs.data !== undefined && (listed === undefined || isCut(listed)),
  });
  const known = listed === undefined || isCut(listed) ? (single.data ?? listed) : listed;
  return { run: known, error: single.error };
}

/** Keys of one run, or of all runs of the project. */
export function useKeys(entity: string, project: string, run: string | null) {
  return useQuery({
    queryKey: keysQueryKey(entity, project, run),
    queryFn: ({ signal }) => readKeys(entity, project, run === null ? [] : [run], signal),
  });
}

/** A growing run is read again at most this often. */
const REFRESH_MILLIS = 2000;
/** Panels that left the window are kept this long: thousands of them would fill the memory. */
const KEPT_MILLIS = 30_000;

/** A run whose values are read; `rows` grows with every logged row. */
export interface GrowingRun extends Pick<RunInfo, "state" | "rows"> {
  id: string;
}

interface Reading<T> {
  /** Rows of the run when the read began. */
  rows: number;
  value: T;
}

/**
 * A query that is read once, and again while its run has other rows than it had then; nothing is read without
 * a run.
 */
export function growing<T>(queryKey: readonly unknown[], run: GrowingRun | undefined, read: (signal: AbortSignal, before: T | undefined) => Promise<T>) {
  const rows = run?.rows ?? 0;
  // What failed is tried again for as long as the run writes.
  const rowsRead = (reading: Reading<T> | undefined) => reading?.rows ?? (run?.state === "running" ? NaN : rows);
  return queryOptions({
    queryKey,
    queryFn: async ({ signal, client }: { signal: AbortSignal; client: QueryClient }): Promise<Reading<T>> => ({
      rows,
      value: await read(signal, client.getQueryData<Reading<T>>(queryKey)?.value),
    }),
    select: ({ value }) => value,
    enabled: run !== undefined,
    refetchInterval: ({ state }) => (rowsRead(state.data) === rows ? false : REFRESH_MILLIS),
    gcTime: KEPT_MILLIS,
  });
}

interface Project {
  entity: string;
  project: string;
}

/** The newest values of a key of a run. */
export function useValues({ entity, project }: Project, run: GrowingRun | undefined, key: string, limit: number) {
  const address = { entity, project, run: run?.id ?? "", key, label: null };
  return useQuery(growing(["values", address, limit], run, (signal) => readValues(address, limit, signal)));
}

/** The histograms of a key of a run, thinned out evenly to a number of columns. */
export function useHistograms({ entity, project }: Project, run: GrowingRun | undefined, key: string, columns: number) {
  const address = { entity, project, run: run?.id ?? "", key, label: null };
  return useQuery(growing(["histograms", address, columns], run, (signal) => readHistograms(address, columns, signal)));
}
