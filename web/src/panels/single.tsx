// For panels that show one run at a time: which run, a control to change it, and a read that follows the run as it grows.
import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { PanelProps, PanelRun } from "./types";

/** A growing run is read again at most this often. */
const REFRESH_MILLIS = 2000;

/** The chosen run, or the first that has the key in its summary, and the control for the card's header. */
export function useSingleRun({ runs, keyInfo, host }: Pick<PanelProps, "runs" | "keyInfo" | "host">) {
  const [chosen, setChosen] = useState<string | null>(null);
  const withKey = runs.filter((run) => mayHave(run, keyInfo.key));
  const choices = withKey.length > 0 ? withKey : runs;
  const run: PanelRun | undefined = choices.find((other) => other.id === chosen) ?? choices[0];
  const control =
    host.tools !== null && choices.length > 1 && run !== undefined
      ? createPortal(
          <select className="mini-select" aria-label="Run shown" value={run.id} onChange={(event) => setChosen(event.target.value)}>
            {choices.map((other) => (
              <option key={other.id} value={other.id}>
                {other.name}
              </option>
            ))}
          </select>,
          host.tools,
        )
      : null;
  return { run, control };
}

/** Whether the run has the key, as far as its summary says. */
export function mayHave(run: PanelRun, key: string): boolean {
  return run.summaryIsCut === true || hasKey(run.summary, key);
}

function hasKey(summary: Record<string, unknown>, key: string): boolean {
  if (key in summary) return true;
  let node: unknown = summary;
  for (const part of key.split(".")) {
    if (typeof node !== "object" || node === null || !(part in node)) return false;
    node = (node as Record<string, unknown>)[part];
  }
  return true;
}

export interface Reading<T> {
  data: T | null;
  error: string | null;
}

/** Reads once per `identity`, and again, not too often, while `version` changes. */
export function useGrowing<T>(identity: string, version: number, read: (signal: AbortSignal) => Promise<T>): Reading<T> {
  const [reading, setReading] = useState<Reading<T> & { identity: string }>({ data: null, error: null, identity });
  const last = useRef({ millis: -Infinity });
  const abort = useRef(new AbortController());
  // Only another identity stops a read under way: a run that grows faster than it is read would never be shown.
  useEffect(() => {
    const current = new AbortController();
    abort.current = current;
    last.current.millis = -Infinity;
    return () => current.abort();
  }, [identity]);
  useEffect(() => {
    const { signal } = abort.current;
    const wait = Math.max(0, last.current.millis + REFRESH_MILLIS - performance.now());
    const timer = setTimeout(() => {
      last.current.millis = performance.now();
      read(signal).then(
        (data) => setReading({ data, error: null, identity }),
        (error: unknown) => {
          if (!signal.aborted) setReading({ data: null, error: error instanceof Error ? error.message : String(error), identity });
        },
      );
    }, wait);
    return () => clearTimeout(timer);
  }, [identity, version]);
  return reading.identity === identity ? reading : { data: null, error: null };
}
