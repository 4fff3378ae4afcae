// Metadata as React queries; series never go through here.
import { useQuery } from "@tanstack/react-query";
import { keysQueryKey, runsQueryKey } from "../live/session";
import { readKeys, readProjects, readRuns } from "./client";

export function useProjects() {
  return useQuery({ queryKey: ["projects"], queryFn: ({ signal }) => readProjects(signal), refetchInterval: 5000 });
}

export function useRuns(entity: string, project: string) {
  return useQuery({ queryKey: runsQueryKey(entity, project), queryFn: ({ signal }) => readRuns(entity, project, signal) });
}

/** Keys of one run, or of all runs of the project. */
export function useKeys(entity: string, project: string, run: string | null) {
  return useQuery({
    queryKey: keysQueryKey(entity, project, run),
    queryFn: ({ signal }) => readKeys(entity, project, run === null ? [] : [run], signal),
  });
}
