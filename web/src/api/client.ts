// Requests to the HTTP API; every failure becomes an ApiError with the server's own message.
import { type BatchAnswer, decodeBatch } from "./batch";
import type { BatchRequest, HistogramSeries, KeyInfo, LoggedValue, MetricInfo, ProjectInfo, RunInfo, ServerStatus } from "./types";

const ROOT = "/api/v1";

/** Runs are read in pages; more pages than this would stall the page longer than they help. */
const RUNS_PAGE = 500;
const RUNS_MAX = 5000;

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

async function request(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(ROOT + path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, "unreachable", "The server does not answer. Is it still running?");
  }
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  const error = (body as { error?: { code?: string; message?: string } } | null)?.error;
  throw new ApiError(response.status, error?.code ?? "unknown", error?.message ?? `The server answered ${response.status}.`);
}

async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await request(path, { signal: signal ?? null })).json()) as T;
}

function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return request(path, { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null });
}

export function readStatus(signal?: AbortSignal): Promise<ServerStatus> {
  return getJson<ServerStatus>("/status", signal);
}

export async function readProjects(signal?: AbortSignal): Promise<ProjectInfo[]> {
  return (await getJson<{ projects: ProjectInfo[] }>("/projects", signal)).projects;
}

/** All runs of a project, newest first, at most RUNS_MAX. */
export async function readRuns(entity: string, project: string, signal?: AbortSignal): Promise<{ runs: RunInfo[]; total: number }> {
  const runs: RunInfo[] = [];
  let total = 0;
  do {
    const query = new URLSearchParams({ entity, project, limit: String(RUNS_PAGE), offset: String(runs.length) });
    const page = await getJson<{ runs: RunInfo[]; total: number }>(`/runs?${query}`, signal);
    total = page.total;
    runs.push(...page.runs);
    if (page.runs.length === 0) break;
  } while (runs.length < Math.min(total, RUNS_MAX));
  return { runs, total };
}

export function readRun(entity: string, project: string, run: string, signal?: AbortSignal): Promise<RunInfo> {
  return getJson<RunInfo>(`/run?${new URLSearchParams({ entity, project, run })}`, signal);
}

export function readKeys(entity: string, project: string, runs: string[], signal?: AbortSignal): Promise<{ keys: KeyInfo[]; metrics: MetricInfo[] }> {
  const query = new URLSearchParams({ entity, project });
  for (const run of runs) query.append("run", run);
  return getJson(`/keys?${query}`, signal);
}

export async function readBatch(batch: BatchRequest, signal?: AbortSignal): Promise<BatchAnswer> {
  return decodeBatch(await (await post("/series:batch", batch, signal)).arrayBuffer());
}

export interface SeriesAddress {
  entity: string;
  project: string;
  run: string;
  key: string;
  label: string | null;
}

export async function readHistograms(address: SeriesAddress, columns: number, signal?: AbortSignal): Promise<HistogramSeries> {
  return (await (await post("/histograms", { ...address, columns }, signal)).json()) as HistogramSeries;
}

export async function readValues(address: SeriesAddress, limit: number, signal?: AbortSignal): Promise<{ points: number; values: LoggedValue[] }> {
  return (await (await post("/values", { ...address, limit }, signal)).json()) as { points: number; values: LoggedValue[] };
}

/** Where a file of a run is, for requests and for elements that load it by themselves. */
export function fileUrl({ entity, project }: { entity: string; project: string }, run: string, path: string): string {
  return `${ROOT}/file?${new URLSearchParams({ entity, project, run, path })}`;
}

/** Asks for a file by its `fileUrl`. */
export function readFile(url: string, init?: RequestInit): Promise<Response> {
  return request(url.slice(ROOT.length), init);
}
