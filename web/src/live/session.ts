// One open project in this tab: its series store and live connection, tied to the metadata cache.

import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { create } from "zustand";
import { readBatch } from "../api/client";
import { keysQueryKey, runsQueryKey } from "../api/queries";
import type { KeyInfo, MetricInfo, RunInfo } from "../api/types";
import { SeriesStore } from "../series/store";
import { type ConnectionState, LiveConnection } from "./connection";
import { growingRuns, lagSeconds, mergeRuns, settledRuns } from "./runs";

export interface ProjectSession {
  entity: string;
  project: string;
  store: SeriesStore;
  close(): void;
}

export const useLiveStatus = create<{ state: ConnectionState; lagSeconds: number | null }>(() => ({ state: "connecting", lagSeconds: null }));

/** Scrolling changes what is visible many times a second; the subscription follows once it settles. */
const WATCH_MILLIS = 200;

interface RunsData {
  runs: RunInfo[];
  total: number;
}

export function openSession(entity: string, project: string, queries: QueryClient): ProjectSession {
  const store = new SeriesStore(entity, project, readBatch);
  const runsKey = runsQueryKey(entity, project);
  let watchTimer: ReturnType<typeof setTimeout> | undefined;

  const watch = () => {
    clearTimeout(watchTimer);
    watchTimer = setTimeout(() => {
      const runs = queries.getQueryData<RunsData>(runsKey)?.runs ?? [];
      connection.watch(store.liveBatch(growingRuns(runs)));
    }, WATCH_MILLIS);
  };

  const protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const connection = new LiveConnection(`${protocol}//${location.host}/api/v1/live`, {
    onState: (state) => useLiveStatus.setState({ state }),
    onReconnect: () => {
      store.forgetVersions();
      void queries.invalidateQueries();
    },
    onSeries: (push, watched) => store.merge(push, watched.panels),
    onRuns: (pushed, serverUs) => {
      const held = queries.getQueryData<RunsData>(runsKey);
      if (held === undefined) return;
      const runs = mergeRuns(held.runs, pushed);
      queries.setQueryData<RunsData>(runsKey, { runs, total: Math.max(held.total, runs.length) });
      useLiveStatus.setState({ lagSeconds: lagSeconds(runs, serverUs) });
      const settled = settledRuns(held.runs, pushed);
      if (settled.size > 0) {
        store.refresh(settled);
        void queries.invalidateQueries({ queryKey: ["keys", entity, project] });
      }
      watch();
    },
    onKeys: (keys) => {
      queries.setQueryData<{ keys: KeyInfo[]; metrics: MetricInfo[] }>(keysQueryKey(entity, project, null), (held) => ({
        keys,
        metrics: held?.metrics ?? [],
      }));
      // Metric definitions and the keys of single runs are not pushed.
      void queries.invalidateQueries({ queryKey: ["keys", entity, project] });
    },
  });

  store.onWantsChanged = watch;
  const unsubscribe = queries.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.query.queryHash === JSON.stringify(runsKey)) watch();
  });
  watch();
  return {
    entity,
    project,
    store,
    close() {
      clearTimeout(watchTimer);
      unsubscribe();
      connection.close();
      store.close();
    },
  };
}

export const SessionContext = createContext<ProjectSession | null>(null);

export function useSession(): ProjectSession {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("no project is open here");
  return session;
}
