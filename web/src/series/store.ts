// Series of the panels in view: wants of 50 ms become one read, and pushes reach only the panels they change.
import type { BatchAnswer } from "../api/batch";
import type { BatchRequest, PanelRequest } from "../api/types";
import { ByteLru } from "./lru";
import { type LoadedPanel, mergePush, mergeRead, panelBytes, seriesId } from "./merge";

/** Panels that mount together ask within one or two frames of each other. */
const BATCH_MILLIS = 50;
/** A chart redraws at most four times a second for pushes. */
const PUSH_MILLIS = 250;
/** The budget of the design for typed arrays kept in the tab. */
const CACHE_BYTES = 64 * 1024 * 1024;

export interface PanelListener {
  onData(panel: LoadedPanel): void;
  onError(message: string): void;
}

interface Want {
  request: PanelRequest;
  signature: string;
  listener: PanelListener;
  panel: LoadedPanel | undefined;
  lastPushMillis: number;
  pushTimer: ReturnType<typeof setTimeout> | undefined;
}

type ReadBatch = (batch: BatchRequest) => Promise<BatchAnswer>;

/** Everything of a request but the list of series: the window and the grid. */
function windowOf(request: PanelRequest): string {
  return JSON.stringify([request.id, request.x, request.from, request.to, request.buckets, request.log_x]);
}

export class SeriesStore {
  private readonly wants = new Map<string, Want>();
  private readonly dirty = new Set<string>();
  private readonly cache = new ByteLru<LoadedPanel>(CACHE_BYTES);
  private batchTimer: ReturnType<typeof setTimeout> | undefined;
  /** Called when the set of watched panels changed, for the live subscription. */
  onWantsChanged: () => void = () => {};

  constructor(
    private readonly entity: string,
    private readonly project: string,
    private readonly read: ReadBatch,
  ) {}

  /**
   * Asks for a panel; the same id asks again with another window or other series. What is cached arrives
   * before this returns.
   */
  want(request: PanelRequest, listener: PanelListener): void {
    const signature = windowOf(request);
    const before = this.wants.get(request.id);
    const panel = before?.signature === signature ? before.panel : this.cache.get(signature);
    clearTimeout(before?.pushTimer);
    this.wants.set(request.id, { request, signature, listener, panel, lastPushMillis: 0, pushTimer: undefined });
    const complete = panel !== undefined && request.series.every((ref) => panel.series.has(seriesId(ref)));
    if (panel !== undefined) listener.onData(panel);
    if (!complete) this.markDirty(request.id);
    this.onWantsChanged();
  }

  drop(id: string): void {
    clearTimeout(this.wants.get(id)?.pushTimer);
    this.wants.delete(id);
    this.dirty.delete(id);
    this.onWantsChanged();
  }

  /** Reads again the panels that show one of these runs (all panels without a list). */
  refresh(runs?: ReadonlySet<string>): void {
    this.cache.clear();
    for (const [id, want] of this.wants) {
      if (runs === undefined || want.request.series.some((ref) => runs.has(ref.run))) this.markDirty(id);
    }
  }

  /** Forgets versions, for a server that started anew and counts from the beginning. */
  forgetVersions(): void {
    for (const want of this.wants.values()) for (const series of want.panel?.series.values() ?? []) series.version = -1;
    this.refresh();
  }

  /** What the live subscription should hold: the series of runs that can still grow. */
  liveBatch(growing: ReadonlySet<string>): BatchRequest {
    const panels = [...this.wants.values()]
      .map(({ request }) => ({ ...request, series: request.series.filter((ref) => growing.has(ref.run)) }))
      .filter((request) => request.series.length > 0);
    return { entity: this.entity, project: this.project, panels };
  }

  /**
   * Merges a push; `watched` are the panels of the subscription it answers, whose window may have been left
   * since.
   */
  merge(push: BatchAnswer, watched: readonly PanelRequest[]): void {
    const signatures = new Map(watched.map((request) => [request.id, windowOf(request)]));
    for (const columns of push.panels) {
      const want = this.wants.get(columns.id);
      if (want?.panel === undefined || signatures.get(columns.id) !== want.signature) continue;
      if (mergePush(want.panel, columns)) this.announcePush(want);
    }
  }

  close(): void {
    clearTimeout(this.batchTimer);
    for (const want of this.wants.values()) clearTimeout(want.pushTimer);
    this.wants.clear();
    this.dirty.clear();
  }

  private announcePush(want: Want): void {
    if (want.pushTimer !== undefined) return;
    const wait = Math.max(0, want.lastPushMillis + PUSH_MILLIS - performance.now());
    want.pushTimer = setTimeout(() => {
      want.pushTimer = undefined;
      want.lastPushMillis = performance.now();
      if (want.panel !== undefined) want.listener.onData(want.panel);
    }, wait);
  }

  private markDirty(id: string): void {
    this.dirty.add(id);
    this.batchTimer ??= setTimeout(() => {
      this.batchTimer = undefined;
      void this.readDirty();
    }, BATCH_MILLIS);
  }

  private async readDirty(): Promise<void> {
    const asked = [...this.dirty].flatMap((id) => this.wants.get(id) ?? []);
    this.dirty.clear();
    if (asked.length === 0) return;
    const current = (want: Want) => this.wants.get(want.request.id);
    try {
      const panels = asked.map((want) => want.request);
      const answer = await this.read({ entity: this.entity, project: this.project, panels });
      for (const want of asked) {
        const columns = answer.panels.find((panel) => panel.id === want.request.id);
        const now = current(want);
        if (columns === undefined || now === undefined || now.signature !== want.signature) continue;
        now.panel = mergeRead(now.panel, columns);
        this.cache.set(now.signature, now.panel, panelBytes(now.panel));
        now.listener.onData(now.panel);
      }
    } catch (error) {
      for (const want of asked) current(want)?.listener.onError(error instanceof Error ? error.message : String(error));
    }
  }
}
