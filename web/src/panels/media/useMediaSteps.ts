// Steps at which a key of some runs has media of one kind, read anew as the runs grow.
import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { useCallback } from "react";
import { readValues } from "../../api/client";
import { growing } from "../../api/queries";
import { itemsOf, type MediaRecord } from "../../api/records";
import type { ProjectSession } from "../../live/session";
import { mergeStops, stopAt } from "../../view/steps";
import type { PanelRun } from "../types";

/** Newest steps that a panel holds; records of more would take long to send. */
const LIMIT = 1000;

interface MediaStep {
  step: number;
  items: MediaRecord[];
}

interface MediaOfRun {
  points: number;
  steps: MediaStep[];
}

export interface MediaSteps {
  /** Steps of all runs together. */
  stops: readonly number[];
  /** Steps at which something was logged, also those that were not read. */
  logged: number;
  loading: boolean;
  error: string | null;
  /** Media that a run shows at a step. */
  at(run: string, step: number | null): MediaStep | null;
}

export function useMediaSteps({ entity, project }: ProjectSession, runs: readonly PanelRun[], key: string, kinds: readonly string[]): MediaSteps {
  const queries = runs.map((run) => {
    const address = { entity, project, run: run.id, key, label: null };
    return growing(["media", address, kinds], run, async (signal, before: MediaOfRun | undefined) => {
      // A run grows with every row, its media seldom: whether they did is asked before they are read again.
      if (before !== undefined && (await readValues(address, 1, signal)).points === before.points) return before;
      const { points, values } = await readValues(address, LIMIT, signal);
      return { points, steps: values.filter(({ kind }) => kinds.includes(kind)).map(({ step, value }) => ({ step, items: itemsOf(value) })) };
    });
  });
  const ids = runs.map(({ id }) => id).join();
  const combine = useCallback((results: UseQueryResult<MediaOfRun>[]) => mediaSteps(new Map(runs.map(({ id }, i) => [id, results[i]]))), [ids]);
  return useQueries({ queries, combine });
}

function mediaSteps(results: ReadonlyMap<string, UseQueryResult<MediaOfRun> | undefined>): MediaSteps {
  const known = [...results.values()].flatMap((result) => result?.data ?? []);
  const error = [...results.values()].find((result) => result?.error)?.error?.message ?? null;
  const stops = mergeStops(known.map(({ steps }) => steps.map(({ step }) => step)));
  return {
    stops,
    logged: Math.max(stops.length, ...known.map(({ points }) => points)),
    loading: results.size > 0 && known.length === 0 && error === null,
    error,
    at(run, step) {
      const steps = results.get(run)?.data?.steps ?? [];
      const stop = stopAt(
        steps.map((one) => one.step),
        step,
      );
      // Of several values of one step the one logged last counts.
      return steps.findLast((one) => one.step === stop) ?? null;
    },
  };
}
