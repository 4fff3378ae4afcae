// Metadata as React queries; series never go through here.
import { useQuery } from "@tanstack/react-query";
import { readKeys, readProjects, readRun, readRuns } from "./client";
import { isCut } from "./types";

export const runsQueryKey = (entity: string, project: string) => ["runs", entity, project];
export const keysQueryKey = (entity: string, project: string, run: string | null) => ["keys", entity, project, run];

export function useProjects() {
  return useQuery({ queryKey: ["projects"], queryFn: ({ signal }) => readProjects(signal), refetchInterval: 5000 });
}

export function useRuns(entity: string, project: string) {
  return useQuery({ queryKey: runsQueryKey(entity, project), queryFn: ({ signal }) => readRuns(entity, project, signal) });
}

/** A run by its id; asked for only when the list, which is cut off in huge projects, does not hold it, or not all of its summary. */
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
