// All runs of a project as a table: any config or summary value as a column, sorted and filtered.
import { useMemo, useRef } from "react";
import { Link } from "wouter";
import { useRuns } from "../api/queries";
import type { RunInfo } from "../api/types";
import { Cell, isNumeric } from "../grid/Cell";
import { useSession } from "../live/session";
import { formatAgo, formatDuration, formatTime } from "../numbers/format";
import { runColor } from "../runs/palette";
import { allColumns, columnValue, filterRuns, runRow, sortRuns } from "../runs/table";
import { runPath } from "../ui/paths";
import { SearchField } from "../ui/SearchField";
import { useWindowed } from "../ui/useWindowed";
import { usePreferences } from "../view/preferences";
import { patchView, useView, useViewSearch } from "../view/store";
import { useTheme } from "../view/theme";
import { ColumnPicker, defaultColumns } from "./ColumnPicker";

const ROW_PX = 30;
const FIXED: { column: string; title: string }[] = [
  { column: "state", title: "State" },
  { column: "created", title: "Created" },
  { column: "runtime", title: "Runtime" },
];

export function RunsTable() {
  const { entity, project } = useSession();
  const id = `${entity}/${project}`;
  const data = useRuns(entity, project).data;
  const { filter, sort } = useView((state) => state.view);
  const chosen = usePreferences((state) => state.columns[id]);
  const scroll = useRef<HTMLDivElement>(null);
  const runs = data?.runs ?? [];
  const available = useMemo(() => allColumns(runs), [runs]);
  const listed = useMemo(() => sortRuns(filterRuns(runs, filter), sort), [runs, filter, sort]);
  const { first, last } = useWindowed(scroll, ROW_PX, listed.length);
  const columns = (chosen ?? defaultColumns(available)).filter((column) => available.includes(column));
  const span = columns.length + FIXED.length + 1;
  if (data === undefined) return null;
  return (
    <main className="runs-page">
      <div className="toolbar">
        <SearchField
          className="field search"
          placeholder="Filter: name, tag, state, lr=0.001   /"
          label="Filter runs"
          data-search
          data-testid="runs-table-filter"
          value={filter}
          onChange={(text) => patchView({ filter: text }, "replace")}
        />
        <span className="muted">
          {listed.length} of {data.total} {data.total === 1 ? "run" : "runs"}
        </span>
        <span className="spacer" />
        <ColumnPicker id={id} available={available} columns={columns} />
      </div>
      <div className="runs-scroll" ref={scroll} tabIndex={0} role="region" aria-label="Runs">
        <table className="runs-table" data-testid="runs-table">
          <thead>
            <tr>
              <Heading column="name" title="Name" />
              {FIXED.map(({ column, title }) => (
                <Heading key={column} column={column} title={title} />
              ))}
              {columns.map((column) => (
                <Heading key={column} column={column} title={column.replace(/^(config|summary)\./, "")} kind={column.split(".")[0] ?? ""} />
              ))}
            </tr>
          </thead>
          <tbody>
            {first > 0 && (
              <tr aria-hidden="true" style={{ height: first * ROW_PX }}>
                <td colSpan={span} />
              </tr>
            )}
            {listed.slice(first, last).map((run) => (
              <Row key={run.run} run={run} columns={columns} />
            ))}
            {last < listed.length && (
              <tr aria-hidden="true" style={{ height: (listed.length - last) * ROW_PX }}>
                <td colSpan={span} />
              </tr>
            )}
          </tbody>
        </table>
        {listed.length === 0 && <p className="panel-message">{runs.length === 0 ? "No runs yet." : "No run matches the filter."}</p>}
      </div>
    </main>
  );
}

function Heading({ column, title, kind }: { column: string; title: string; kind?: string }) {
  const sort = useView((state) => state.view.sort);
  const current = sort.column === column;
  return (
    <th scope="col" aria-sort={current ? (sort.descending ? "descending" : "ascending") : "none"} data-column={column}>
      <button type="button" onClick={() => patchView({ sort: { column, descending: current ? !sort.descending : false } })} title={`Sort by ${title}`}>
        {kind !== undefined && <span className="column-kind">{kind}</span>}
        <span>{title}</span>
        <span className="sort-mark" aria-hidden="true">
          {current ? (sort.descending ? "↓" : "↑") : ""}
        </span>
      </button>
    </th>
  );
}

function Row({ run, columns }: { run: RunInfo; columns: readonly string[] }) {
  const { entity, project } = useSession();
  const theme = useTheme((state) => state.theme);
  const search = useViewSearch();
  const row = runRow(run);
  return (
    <tr data-testid="run-row" data-run={run.run}>
      <th scope="row">
        <span className="swatch" style={{ background: runColor(run.slot, theme) }} />
        <Link href={runPath(entity, project, run.run, "overview") + search}>{run.name}</Link>
      </th>
      <td>
        <span className={`state ${run.state}`}>{run.state}</span>
      </td>
      <td className="muted" title={formatTime(run.created_us)}>
        {formatAgo(run.created_us, Date.now())}
      </td>
      <td className="number">{formatDuration(run.runtime_s)}</td>
      {columns.map((column) => {
        const value = columnValue(row, column);
        return (
          <td key={column} className={isNumeric(value) ? "number" : ""} data-column={column}>
            <Cell value={value} />
          </td>
        );
      })}
    </tr>
  );
}
