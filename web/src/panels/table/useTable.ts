// Reads a logged table once, and again while its file is on its way.
import { useEffect, useState } from "react";
import { readFile } from "../../api/client";
import { type FileProblem, fileProblem, RETRY_MILLIS } from "../media/useFile";
import { type LoggedTable, parseTable } from "./model";

interface Reading {
  url: string;
  table: LoggedTable | null;
  problem: FileProblem | null;
}

export function useTable(url: string, growing: boolean): Pick<Reading, "table" | "problem"> {
  const [reading, setReading] = useState<Reading>({ url, table: null, problem: null });
  const current = reading.url === url ? reading : null;
  const waiting = current?.problem?.waiting === true;
  useEffect(() => {
    const abort = new AbortController();
    const read = () => {
      readFile(url, { signal: abort.signal })
        .then((response) => response.json())
        .then(
          (json: unknown) => setReading({ url, table: parseTable(json), problem: null }),
          (error: unknown) => abort.signal.aborted || setReading({ url, table: null, problem: fileProblem(error, growing) }),
        )
        .catch((error: unknown) => setReading({ url, table: null, problem: fileProblem(error, growing) }));
    };
    if (!waiting) read();
    const timer = waiting ? setInterval(read, RETRY_MILLIS) : undefined;
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [url, waiting, growing]);
  return { table: current?.table ?? null, problem: current?.problem ?? null };
}
