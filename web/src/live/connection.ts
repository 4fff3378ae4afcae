// The one WebSocket of a tab: says what is visible, comes back by itself, and asks for silence while the tab
// is hidden.
import { type BatchAnswer, decodeBatch } from "../api/batch";
import type { BatchRequest, KeyInfo, RunInfo } from "../api/types";

export type ConnectionState = "connecting" | "live" | "offline";

export interface LiveEvents {
  onState(state: ConnectionState): void;
  /** The connection is there again after it was lost; what was pushed meanwhile is missing. */
  onReconnect(): void;
  onSeries(push: BatchAnswer, watched: BatchRequest): void;
  onRuns(runs: RunInfo[], serverUs: number): void;
  onKeys(keys: KeyInfo[]): void;
}

/** The first retry follows soon; a server that is down is not asked more often than this. */
const RETRY_FIRST_MILLIS = 500;
const RETRY_MAX_MILLIS = 15_000;

/**
 * Waiting time before retry number `attempt` (from 0); `random` in 0..1 spreads the tabs that lost the same
 * server.
 */
export function retryDelayMillis(attempt: number, random: number): number {
  return Math.min(RETRY_MAX_MILLIS, RETRY_FIRST_MILLIS * 2 ** attempt) * (0.5 + random / 2);
}

export class LiveConnection {
  private socket: WebSocket | undefined;
  private attempt = 0;
  private everOpen = false;
  private closed = false;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private subscription = 0;
  private batch: BatchRequest | undefined;

  constructor(
    private readonly url: string,
    private readonly events: LiveEvents,
  ) {
    document.addEventListener("visibilitychange", this.onVisibility);
    this.connect();
  }

  /** Replaces what is watched; the same batch again is not sent. */
  watch(batch: BatchRequest): void {
    if (this.batch !== undefined && JSON.stringify(this.batch) === JSON.stringify(batch)) return;
    this.batch = batch;
    this.subscribe();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retryTimer);
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.socket?.close();
  }

  private connect(): void {
    this.events.onState("connecting");
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.attempt = 0;
      this.events.onState("live");
      if (this.everOpen) this.events.onReconnect();
      this.everOpen = true;
      this.subscribe();
      if (document.hidden) this.send({ op: "pause" });
    };
    socket.onmessage = (message) => this.receive(message.data as ArrayBuffer | string);
    socket.onclose = () => {
      if (this.closed) return;
      this.events.onState("offline");
      this.retryTimer = setTimeout(() => this.connect(), retryDelayMillis(this.attempt++, Math.random()));
    };
  }

  private readonly onVisibility = (): void => this.send({ op: document.hidden ? "pause" : "resume" });

  private subscribe(): void {
    if (this.batch === undefined) return;
    this.subscription += 1;
    this.send({ op: "subscribe", id: this.subscription, batch: this.batch });
  }

  private send(message: unknown): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private receive(data: ArrayBuffer | string): void {
    if (typeof data !== "string") {
      const push = decodeBatch(data);
      if (push.subscription === this.subscription && this.batch !== undefined) this.events.onSeries(push, this.batch);
      return;
    }
    const message = JSON.parse(data) as { op: string; runs?: RunInfo[]; keys?: KeyInfo[]; server_us?: number; message?: string };
    if (message.op === "runs") this.events.onRuns(message.runs ?? [], message.server_us ?? Date.now() * 1000);
    else if (message.op === "keys") this.events.onKeys(message.keys ?? []);
    else if (message.op === "error") console.warn(`live: ${message.message ?? "unknown error"}`);
  }
}
