// Files of a run that may still be with their writer, and are then asked for again.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { ApiError, readFile } from "../../api/client";

/** How often a file that is still on its way is asked for. */
export const RETRY_MILLIS = 3000;

export interface FileProblem {
  /** It will come: no mistake, only patience. */
  waiting: boolean;
  text: string;
}

/**
 * `growing`: the run still writes. Its rows come before their files, which until then have no path either.
 */
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

/**
 * For elements that load a file by its URL: `onError` finds out why it failed; a new `attempt` asks to load
 * it again.
 */
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

/**
 * A file that is read before it is shown; one that is on its way is asked for again. `init` and `parse` stay
 * the same for a URL.
 */
export function useReadFile<T>(url: string, growing: boolean, init: RequestInit, parse: (response: Response) => T | Promise<T>) {
  const problemOf = (error: unknown) => (error === null ? null : fileProblem(error, growing));
  const { data } = useQuery({
    queryKey: ["file", url, init.method],
    queryFn: async ({ signal }): Promise<{ content: T | null; error: unknown }> => {
      try {
        return { content: await parse(await readFile(url, { ...init, signal })), error: null };
      } catch (error) {
        if (signal.aborted) throw error;
        // A failure is an answer, so that its message stays while the file is asked for again.
        return { content: null, error };
      }
    },
    staleTime: Infinity,
    gcTime: 0,
    structuralSharing: false,
    refetchInterval: ({ state }) => (problemOf(state.data?.error ?? null)?.waiting ? RETRY_MILLIS : false),
  });
  return { content: data?.content ?? null, problem: problemOf(data?.error ?? null) };
}

/**
 * For what must be asked for before it is shown, since a frame shows an error like any page; `bytes` is its
 * size once it is there.
 */
export function useCheckedFile(url: string, growing: boolean): { problem: FileProblem | null; bytes: number | null } {
  const { content, problem } = useReadFile(url, growing, { method: "HEAD" }, ({ headers }) => Number(headers.get("content-length")));
  return { problem, bytes: content };
}
