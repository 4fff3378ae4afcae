// Reads at which steps a key of some runs has media of one kind, and follows the runs as they grow.
import { useMemo, useRef } from "react";
import { readValues } from "../../api/client";
import { itemsOf, type MediaRecord } from "../../api/records";
import type { ProjectSession } from "../../live/session";
import { mergeStops, stopAt } from "../../view/steps";
import { useGrowing } from "../single";
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
  /** What a run shows at a step. */
  at(run: string, step: number | null): MediaStep | null;
}

export function useMediaSteps(session: ProjectSession, runs: readonly PanelRun[], key: string, kinds: readonly string[]): MediaSteps {
  const { entity, project } = session;
  /** By run; a panel stays with its key. */
  const held = useRef(new Map<string, MediaOfRun>());
  const identity = JSON.stringify([entity, project, key, runs.map(({ id }) => id)]);
  const version = runs.reduce((sum, run) => sum + (run.state === "running" ? run.rows : 0), 0);
  const { data, error } = useGrowing(identity, version, async (signal) => {
    const read = async (run: string): Promise<[string, MediaOfRun]> => {
      const address = { entity, project, run, key, label: null };
      const before = held.current.get(run);
      // A run grows with every row, its media seldom: whether they did is asked before they are read again.
      if (before !== undefined && (await readValues(address, 1, signal)).points === before.points) return [run, before];
      const { points, values } = await readValues(address, LIMIT, signal);
      const steps = values.filter(({ kind }) => kinds.includes(kind)).map(({ step, value }) => ({ step, items: itemsOf(value) }));
      held.current.set(run, { points, steps });
      return [run, { points, steps }];
    };
    return new Map(await Promise.all(runs.map(({ id }) => read(id))));
  });
  return useMemo(() => {
    // Runs that were read before stay in place while others join them.
    const known = data ?? new Map([...held.current].filter(([id]) => runs.some((run) => run.id === id)));
    const all = [...known.values()];
    const stops = mergeStops(all.map(({ steps }) => steps.map(({ step }) => step)));
    return {
      stops,
      logged: Math.max(stops.length, ...all.map(({ points }) => points)),
      loading: data === null && error === null && known.size === 0,
      error,
      at(run, step) {
        const steps = known.get(run)?.steps ?? [];
        const stop = stopAt(
          steps.map((one) => one.step),
          step,
        );
        // Of several values of one step the one logged last counts.
        return steps.findLast((one) => one.step === stop) ?? null;
      },
    };
  }, [data, error, identity]);
}
