// Batching, live merging and redraw limits of the series store.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BatchAnswer, SeriesColumns } from "../api/batch";
import type { BatchRequest, PanelRequest } from "../api/types";
import { SeriesStore } from "./store";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

function request(id: string, runs: string[], from: number | null = null): PanelRequest {
  return { id, x: "_step", from, to: null, buckets: 300, log_x: false, series: runs.map((run) => ({ run, key: id, label: null })) };
}

function answerTo(batch: BatchRequest, version: number): BatchAnswer {
  const column = Float64Array.from({ length: version }, (_, i) => i);
  const none = { min: null, max: null, first: null, last: null, count: null };
  const panels = batch.panels.map((panel) => ({
    id: panel.id,
    x: panel.x,
    bucketWidth: null,
    series: panel.series.map((ref): SeriesColumns => ({ ...ref, exact: true, points: version, length: version, version, x: column, mean: column, ...none })),
  }));
  return { panels, subscription: 1, seq: 1, serverUs: 0 };
}

function makeStore(version = 2) {
  const reads: BatchRequest[] = [];
  const store = new SeriesStore("e", "p", (batch) => {
    reads.push(batch);
    return Promise.resolve(answerTo(batch, version));
  });
  const seen: number[] = [];
  const listener = {
    onData: (panel: { series: Map<string, SeriesColumns> }) => void seen.push([...panel.series.values()][0]?.version ?? -1),
    onError: () => {},
  };
  return { store, reads, seen, listener };
}

test("panels that ask at the same time are one read", async () => {
  const { store, reads, listener } = makeStore();
  store.want(request("a", ["r1"]), listener);
  store.want(request("b", ["r1"]), listener);
  await vi.advanceTimersByTimeAsync(60);
  expect(reads.map((batch) => batch.panels.map(({ id }) => id))).toEqual([["a", "b"]]);
});

test("hiding a run asks nothing, showing another asks once", async () => {
  const { store, reads, listener } = makeStore();
  store.want(request("a", ["r1", "r2"]), listener);
  await vi.advanceTimersByTimeAsync(60);
  store.want(request("a", ["r1"]), listener);
  await vi.advanceTimersByTimeAsync(60);
  expect(reads).toHaveLength(1);
  store.want(request("a", ["r1", "r3"]), listener);
  await vi.advanceTimersByTimeAsync(60);
  expect(reads).toHaveLength(2);
});

test("going back to a window that was read shows it at once", async () => {
  const { store, reads, seen, listener } = makeStore();
  store.want(request("a", ["r1"]), listener);
  await vi.advanceTimersByTimeAsync(60);
  store.want(request("a", ["r1"], 100), listener);
  await vi.advanceTimersByTimeAsync(60);
  seen.length = 0;
  store.want(request("a", ["r1"]), listener);
  expect(seen).toEqual([2]);
  await vi.advanceTimersByTimeAsync(60);
  expect(reads).toHaveLength(2);
});

test("an answer for a window that was left is not drawn", async () => {
  const { store, seen, listener } = makeStore();
  store.want(request("a", ["r1"]), listener);
  vi.advanceTimersByTime(50);
  store.want(request("a", ["r1"], 100), listener);
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual([]);
  await vi.advanceTimersByTimeAsync(60);
  expect(seen).toEqual([2]);
});

test("pushes redraw only the panel they change, at most four times a second", async () => {
  const { store, seen, listener } = makeStore();
  const other = vi.fn();
  store.want(request("a", ["r1"]), listener);
  store.want(request("b", ["r2"]), { onData: other, onError: () => {} });
  await vi.advanceTimersByTimeAsync(60);
  seen.length = 0;
  other.mockClear();
  const watched = [request("a", ["r1"])];
  for (let version = 3; version < 23; version++) {
    store.merge(answerTo({ entity: "e", project: "p", panels: watched }, version), watched);
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(seen.length).toBeGreaterThanOrEqual(3);
  expect(seen.length).toBeLessThanOrEqual(5);
  await vi.advanceTimersByTimeAsync(300);
  expect(seen.at(-1)).toBe(22);
  expect(other).not.toHaveBeenCalled();
});

test("a push for a window that was left since is ignored", async () => {
  const { store, seen, listener } = makeStore();
  store.want(request("a", ["r1"]), listener);
  await vi.advanceTimersByTimeAsync(60);
  store.want(request("a", ["r1"], 100), listener);
  await vi.advanceTimersByTimeAsync(60);
  seen.length = 0;
  const watched = [request("a", ["r1"])];
  store.merge(answerTo({ entity: "e", project: "p", panels: watched }, 99), watched);
  await vi.advanceTimersByTimeAsync(300);
  expect(seen).toEqual([]);
});

test("only runs that grow are watched, and a panel without one is not", () => {
  const { store, listener } = makeStore();
  store.want(request("a", ["r1", "r2"]), listener);
  store.want(request("b", ["r2"]), listener);
  const { panels } = store.liveBatch(new Set(["r1"]));
  expect(panels.map(({ id, series }) => [id, series.map(({ run }) => run)])).toEqual([["a", ["r1"]]]);
});

test("after a reconnect versions start anew", async () => {
  const { store, seen, listener } = makeStore(1);
  store.want(request("a", ["r1"]), listener);
  await vi.advanceTimersByTimeAsync(60);
  const watched = [request("a", ["r1"])];
  store.merge(answerTo({ entity: "e", project: "p", panels: watched }, 50), watched);
  store.forgetVersions();
  await vi.advanceTimersByTimeAsync(300);
  expect(seen.at(-1)).toBe(1);
});
