// The palette: type a few letters and jump to a run, a metric or a page.
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useKeys as useMetricKeys, useRuns } from "../api/queries";
import { closeDialog, Dialog } from "../ui/dialogs";
import { projectPath, runPath, runsPath } from "../ui/paths";
import { patchView, viewSearch } from "../view/store";
import { rankEntries } from "./rank";

interface Entry {
  kind: "page" | "run" | "metric";
  name: string;
  go: () => void;
}

/** More than fit the dialog without scrolling far. */
const MAX_SHOWN = 40;

export function Palette({ entity, project }: { entity: string; project: string }) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const [, navigate] = useLocation();
  const runs = useRuns(entity, project).data?.runs;
  const keys = useMetricKeys(entity, project, null).data?.keys;
  const entries = useMemo<Entry[]>(
    () => [
      { kind: "page", name: "Workspace", go: () => navigate(projectPath(entity, project) + viewSearch()) },
      { kind: "page", name: "Runs", go: () => navigate(runsPath(entity, project) + viewSearch()) },
      { kind: "page", name: "All projects", go: () => navigate("/") },
      ...(runs ?? []).map((run): Entry => ({ kind: "run", name: run.name, go: () => navigate(runPath(entity, project, run.run, "overview") + viewSearch()) })),
      ...(keys ?? []).map(
        ({ key }): Entry => ({
          kind: "metric",
          name: key,
          go: () => {
            navigate(projectPath(entity, project) + viewSearch());
            patchView({ query: `^${key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$` });
          },
        }),
      ),
    ],
    [runs, keys, entity, project],
  );
  const shown = rankEntries(entries, text).slice(0, MAX_SHOWN);
  const choose = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    closeDialog();
    entry.go();
  };
  const onKey = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setActive((index) => Math.max(0, Math.min(shown.length - 1, index + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(shown[active]);
    }
  };
  return (
    <Dialog label="Search runs, metrics and pages">
      <div className="palette">
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={`palette-${active}`}
          aria-label="Search runs, metrics and pages"
          placeholder="Run, metric or page"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKey}
        />
        <ul id="palette-list" role="listbox" aria-label="Results">
          {shown.map((entry, i) => (
            <li
              key={`${entry.kind}:${entry.name}:${i}`}
              id={`palette-${i}`}
              role="option"
              aria-selected={i === active}
              onClick={() => choose(entry)}
              onMouseMove={() => setActive(i)}
            >
              <span>{entry.name}</span>
              <span className="palette-kind">{entry.kind}</span>
            </li>
          ))}
        </ul>
        {shown.length === 0 && <p className="panel-message">Nothing is called that.</p>}
      </div>
    </Dialog>
  );
}
