// The runs beside the charts: which are shown, in which colour, found by name and sorted by any value.
import { useMemo, useRef } from "react";
import type { RunInfo } from "../api/types";
import { useSession } from "../live/session";
import { formatAgo } from "../numbers/format";
import { formatValue } from "../numbers/value";
import { runColor } from "../runs/palette";
import { DEFAULT_SELECTION, selectRuns, toggleRun } from "../runs/selection";
import { allColumns, columnValue, filterRuns, runRow, sortRuns } from "../runs/table";
import { runPath } from "../ui/paths";
import { SearchField } from "../ui/SearchField";
import { useWindowed } from "../ui/useWindowed";
import { setHotRun } from "../view/cursor";
import { SIDEBAR_MAX_PX, SIDEBAR_MIN_PX, usePreferences } from "../view/preferences";
import { patchView, useView, useViewSearch } from "../view/store";
import { useTheme } from "../view/theme";
import { SidebarRow } from "./SidebarRow";

const ROW_PX = 30;
/** "Show these" with more runs than this would draw charts nobody can read. */
const SHOW_MAX = 100;

function sortText(run: RunInfo, column: string): string {
  if (column === "created") return formatAgo(run.created_us, Date.now());
  if (column === "name") return "";
  return formatValue(columnValue(runRow(run), column));
}

function columnTitle(column: string): string {
  return column.replace(/^(config|summary)\./, "");
}

export function Sidebar({ runs, total }: { runs: readonly RunInfo[]; total: number }) {
  const { entity, project } = useSession();
  const view = useView((state) => state.view);
  const theme = useTheme((state) => state.theme);
  const width = usePreferences((state) => state.sidebarWidth);
  const list = useRef<HTMLDivElement>(null);
  const shownIds = useMemo(() => new Set(selectRuns(runs, view.runs).map((run) => run.run)), [runs, view.runs]);
  const listed = useMemo(() => sortRuns(filterRuns(runs, view.filter), view.sort), [runs, view.filter, view.sort]);
  const columns = useMemo(() => allColumns(runs), [runs]);
  const { first, last } = useWindowed(list, ROW_PX, listed.length);
  const { column, descending } = view.sort;
  const search = useViewSearch();

  const resize = (event: React.PointerEvent<HTMLDivElement>) => {
    if (event.buttons === 0) return;
    usePreferences.setState({ sidebarWidth: Math.min(SIDEBAR_MAX_PX, Math.max(SIDEBAR_MIN_PX, event.clientX)) });
  };
  const resizeByKey = (event: React.KeyboardEvent) => {
    const change = event.key === "ArrowLeft" ? -16 : event.key === "ArrowRight" ? 16 : 0;
    if (change !== 0) usePreferences.setState({ sidebarWidth: Math.min(SIDEBAR_MAX_PX, Math.max(SIDEBAR_MIN_PX, width + change)) });
  };

  return (
    <aside className="sidebar" style={{ width }} aria-label="Runs">
      <div className="sidebar-controls">
        <SearchField
          placeholder="Filter runs"
          label="Filter runs by name, tag or config"
          data-testid="run-filter"
          value={view.filter}
          onChange={(filter) => patchView({ filter }, "replace")}
        />
        <div className="sidebar-row">
          <select
            className="select grow"
            aria-label="Sort runs by"
            value={column}
            onChange={(event) => patchView({ sort: { column: event.target.value, descending: event.target.value === "created" } })}
          >
            <option value="created">Sort: created</option>
            <option value="name">Sort: name</option>
            <option value="runtime">Sort: runtime</option>
            {columns.map((name) => (
              <option key={name} value={name}>{`Sort: ${columnTitle(name)}`}</option>
            ))}
          </select>
          <button
            type="button"
            className="button"
            aria-label={descending ? "Sorted descending; sort ascending" : "Sorted ascending; sort descending"}
            onClick={() => patchView({ sort: { column, descending: !descending } })}
          >
            {descending ? "↓" : "↑"}
          </button>
        </div>
        <div className="sidebar-row">
          <span className="sidebar-count">
            {shownIds.size} of {total} {total === 1 ? "run" : "runs"} shown
          </span>
          <button type="button" className="text-button" onClick={() => patchView({ runs: DEFAULT_SELECTION })} title="Show the newest 10 runs">
            newest
          </button>
          <button
            type="button"
            className="text-button"
            onClick={() => patchView({ runs: { kind: "ids", ids: listed.slice(0, SHOW_MAX).map((run) => run.run) } })}
            title={`Show the runs listed below, at most ${SHOW_MAX}`}
          >
            listed
          </button>
          <button type="button" className="text-button" onClick={() => patchView({ runs: { kind: "ids", ids: [] } })} title="Show no run">
            none
          </button>
        </div>
      </div>
      <div className="run-list" ref={list} onMouseLeave={() => setHotRun(null)}>
        <ul style={{ height: listed.length * ROW_PX }}>
          {listed.slice(first, last).map((run, i) => (
            <SidebarRow
              key={run.run}
              run={run}
              shown={shownIds.has(run.run)}
              color={runColor(run.slot, theme)}
              value={sortText(run, column)}
              href={runPath(entity, project, run.run, "overview") + search}
              top={(first + i) * ROW_PX}
              onToggle={() => patchView({ runs: toggleRun(runs, view.runs, run.run) })}
            />
          ))}
        </ul>
        {listed.length === 0 && <p className="panel-message">{runs.length === 0 ? "No runs yet." : "No run matches the filter."}</p>}
      </div>
      <div
        className="sidebar-grip"
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the run list"
        aria-valuenow={width}
        aria-valuemin={SIDEBAR_MIN_PX}
        aria-valuemax={SIDEBAR_MAX_PX}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={resize}
        onKeyDown={resizeByKey}
      />
    </aside>
  );
}
