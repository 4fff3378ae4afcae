// Choice of the run of a panel that shows one run at a time, with its control for the card's header.
import { useState } from "react";
import { createPortal } from "react-dom";
import type { PanelProps, PanelRun } from "./types";

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
