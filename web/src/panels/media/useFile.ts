// Whether a file of a run can be shown: it may still be with its writer, and then it is asked for again.
import { useCallback, useEffect, useState } from "react";
import { ApiError, readFile } from "../../api/client";

/** How often a file that is still on its way is asked for. */
export const RETRY_MILLIS = 3000;

export interface FileProblem {
  /** It will come: no mistake, only patience. */
  waiting: boolean;
  text: string;
}

/** `growing`: the run still writes. Its rows come before their files, which until then have no path either. */
export function fileProblem(error: unknown, growing: boolean): FileProblem {
  if (!(error instanceof ApiError)) return { waiting: false, text: error instanceof Error ? error.message : String(error) };
  if (error.status === 503 || (error.status === 404 && growing)) return { waiting: true, text: "Still on its way." };
  if (error.status === 404) return { waiting: false, text: "The file is missing." };
  return { waiting: false, text: error.message };
}

interface FileState {
  url: string;
  problem: FileProblem | null;
  attempt: number;
}

/** For elements that load a file by its URL: `onError` finds out why it failed; a new `attempt` asks to load it again. */
export function useFile(url: string, growing: boolean) {
  const [state, setState] = useState<FileState>({ url, problem: null, attempt: 0 });
  const own = state.url === url ? state : { url, problem: null, attempt: 0 };
  const probe = useCallback(() => {
    readFile(url, { method: "HEAD" }).then(
      () => setState({ url, problem: { waiting: false, text: "The browser cannot show this file." }, attempt: 0 }),
      (error: unknown) => setState(({ attempt }) => ({ url, problem: fileProblem(error, growing), attempt })),
    );
  }, [url, growing]);
  const waiting = own.problem?.waiting === true;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => {
      readFile(url, { method: "HEAD" }).then(
        () => setState((old) => ({ url, problem: null, attempt: old.attempt + 1 })),
        (error: unknown) => setState((old) => ({ ...old, url, problem: fileProblem(error, growing) })),
      );
    }, RETRY_MILLIS);
    return () => clearInterval(timer);
  }, [url, waiting, growing]);
  return { problem: own.problem, attempt: own.attempt, onError: probe };
}

/** For what must be asked for before it is shown, since a frame shows an error like any page; `bytes` is its size once it is there. */
export function useCheckedFile(url: string, growing: boolean): { problem: FileProblem | null; bytes: number | null } {
  const [checked, setChecked] = useState<{ url: string; problem: FileProblem | null; bytes: number | null } | null>(null);
  const current = checked?.url === url ? checked : null;
  const waiting = current?.problem?.waiting === true;
  useEffect(() => {
    const abort = new AbortController();
    const check = () => {
      readFile(url, { method: "HEAD", signal: abort.signal }).then(
        ({ headers }) => setChecked({ url, problem: null, bytes: Number(headers.get("content-length")) }),
        (error: unknown) => abort.signal.aborted || setChecked({ url, problem: fileProblem(error, growing), bytes: null }),
      );
    };
    if (!waiting) check();
    const timer = waiting ? setInterval(check, RETRY_MILLIS) : undefined;
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [url, waiting, growing]);
  return { problem: current?.problem ?? null, bytes: current?.bytes ?? null };
}
