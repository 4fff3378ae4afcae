// A logged table: sorted by a click on a column, searched by text; only the rows in view are drawn.
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { fileUrl } from "../../api/client";
import { hasFile, isTagged, type TableRecord } from "../../api/records";
import { formatNumber, formatPlural } from "../../numbers/format";
import { SearchField } from "../../ui/SearchField";
import { useWindowed } from "../../ui/useWindowed";
import { FileMessage } from "../media/MediaMessage";
import { SingleRunMedia } from "../media/SingleRunMedia";
import { useReadFile } from "../media/useFile";
import type { PanelHostApi, PanelProps } from "../types";
import { MediaCell } from "./MediaCell";
import { type ColumnLook, cellText, cellTitle, columnLooks, filterRows, type LoggedTable, parseTable, sortRows, tableCsv } from "./model";

const KINDS = ["table-file"];
const ROW_PX = 28;
const MEDIA_ROW_PX = 64;
/** A row of more cells than this takes longer to draw than to scroll by. */
const MAX_COLUMNS = 100;

interface Sort {
  column: string;
  descending: boolean;
}

export default function TableView(panel: PanelProps) {
  const [index, setIndex] = useState(0);
  // They stay while the step moves.
  const [sort, setSort] = useState<Sort | null>(null);
  const [filter, setFilter] = useState("");
  return (
    <SingleRunMedia panel={panel} kinds={KINDS} noun="table">
      {(items, run) => {
        const tables = items.filter(hasFile) as (TableRecord & { path: string })[];
        const record = tables[Math.min(index, tables.length - 1)];
        if (record === undefined) return null;
        return (
          <>
            {tables.length > 1 && (
              <select
                className="mini-select table-choice"
                aria-label="Table shown"
                value={tables.indexOf(record)}
                onChange={(event) => setIndex(Number(event.target.value))}
              >
                {tables.map((_, i) => (
                  <option key={i} value={i}>{`Table ${i + 1} of ${tables.length}`}</option>
                ))}
              </select>
            )}
            <TableFile
              key={run.id}
              record={record}
              url={fileUrl(panel.session, run.id, record.path)}
              run={run.id}
              growing={run.state === "running"}
              {...{ panel, sort, setSort, filter, setFilter }}
            />
          </>
        );
      }}
    </SingleRunMedia>
  );
}

interface FileProps {
  panel: PanelProps;
  record: TableRecord;
  url: string;
  run: string;
  growing: boolean;
  sort: Sort | null;
  setSort: (sort: Sort | null) => void;
  filter: string;
  setFilter: (filter: string) => void;
}

function TableFile({ record, url, growing, ...rest }: FileProps) {
  const { content: table, problem } = useReadFile(url, growing, {}, async (response) => parseTable(await response.json()));
  const held = useRef<LoggedTable | null>(null);
  if (table !== null) held.current = table;
  if (problem !== null)
    return (
      <p className="panel-message">
        <FileMessage problem={problem} />
      </p>
    );
  // The table of the step before stays until that of this step is here.
  if (held.current === null) return <p className="panel-message loading" role="status">{`Loading ${formatPlural(record.nrows, "row")}…`}</p>;
  return <TableGrid table={held.current} leftOut={record.left_out ?? 0} {...rest} />;
}

type GridProps = Omit<FileProps, "record" | "url" | "growing"> & { table: LoggedTable; leftOut: number };

function TableGrid({ table, leftOut, panel, run, sort, setSort, filter, setFilter }: GridProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const searched = useDeferredValue(filter);
  const column = sort === null ? -1 : table.columns.indexOf(sort.column);
  const order = useMemo(
    () => (column < 0 ? Uint32Array.from(table.rows.keys()) : sortRows(table, column, sort?.descending ?? false)),
    [table, column, sort?.descending],
  );
  const listed = useMemo(() => filterRows(table, order, searched), [table, order, searched]);
  const looks = useMemo(() => columnLooks({ columns: table.columns.slice(0, MAX_COLUMNS), rows: table.rows }), [table]);
  const rowHeight = looks.some(({ media }) => media) ? MEDIA_ROW_PX : ROW_PX;
  const { first, last } = useWindowed(scroll, rowHeight, listed.length);
  const key = panel.keyInfo.key;
  useTableHost(panel.host, table, listed);
  const span = looks.length + 1;
  const gap = (rows: number) =>
    rows > 0 && (
      <tr aria-hidden="true" style={{ height: rows * rowHeight }}>
        <td colSpan={span} />
      </tr>
    );
  return (
    <>
      <div className="table-bar">
        <SearchField placeholder="Search rows" label={`Search rows of ${key}`} value={filter} onChange={setFilter} />
        <span className="muted" data-testid="table-count">
          {listed.length < table.rows.length && `${formatNumber(listed.length)} of `}
          {formatPlural(table.rows.length, "row")}
          {leftOut > 0 && `, ${formatNumber(leftOut)} left out when it was logged`}
          {table.columns.length > MAX_COLUMNS && `, ${MAX_COLUMNS} of ${formatNumber(table.columns.length)} columns`}
        </span>
      </div>
      <div className="table-scroll" ref={scroll} tabIndex={0} role="region" aria-label={`Table ${key}`}>
        <table aria-rowcount={table.rows.length + 1} style={{ width: looks.reduce((sum, { width }) => sum + width, 0) }}>
          <colgroup>
            {looks.map(({ width }, i) => (
              <col key={i} style={{ width }} />
            ))}
            <col />
          </colgroup>
          <thead>
            <tr>
              {looks.map((look, i) => (
                <Heading key={i} name={table.columns[i] as string} look={look} sort={column === i ? sort : null} onSort={setSort} />
              ))}
              <th aria-hidden="true" />
            </tr>
          </thead>
          <tbody>
            {gap(first)}
            {Array.from(listed.subarray(first, last), (row, at) => (
              <tr key={row} style={{ height: rowHeight }} aria-rowindex={first + at + 2} data-row={row}>
                {looks.map(({ numeric }, i) => (
                  <Cell key={i} value={table.rows[row]?.[i]} numeric={numeric} project={panel.session} run={run} />
                ))}
                <td />
              </tr>
            ))}
            {gap(listed.length - last)}
          </tbody>
        </table>
        {listed.length === 0 && <p className="panel-message">{table.rows.length === 0 ? "The table has no rows." : "No row matches the search."}</p>}
      </div>
    </>
  );
}

function useTableHost(host: PanelHostApi, table: LoggedTable, listed: Uint32Array): void {
  useEffect(() => {
    host.setInfo(`${formatNumber(table.rows.length)} × ${formatNumber(table.columns.length)}`, "Rows and columns.");
    host.setExporters({ csv: () => tableCsv(table, listed) });
  }, [table, listed]);
}

/** Ascending, descending, as logged. */
function nextSort(name: string, sort: Sort | null): Sort | null {
  if (sort === null) return { column: name, descending: false };
  return sort.descending ? null : { column: name, descending: true };
}

function Heading({ name, look, sort, onSort }: { name: string; look: ColumnLook; sort: Sort | null; onSort: (sort: Sort | null) => void }) {
  const state = sort === null ? "none" : sort.descending ? "descending" : "ascending";
  return (
    <th scope="col" aria-sort={state} className={look.numeric ? "number" : undefined}>
      <button type="button" title={`Sort by ${name}`} onClick={() => onSort(nextSort(name, sort))}>
        <span>{name}</span>
        <span aria-hidden="true">{sort === null ? "" : sort.descending ? "↓" : "↑"}</span>
      </button>
    </th>
  );
}

function Cell({ value, numeric, project, run }: { value: unknown; numeric: boolean; project: PanelProps["session"]; run: string }) {
  if (isTagged(value)) {
    return (
      <td className="media-cell">
        <MediaCell value={value} project={project} run={run} />
      </td>
    );
  }
  return (
    <td className={numeric ? "number" : undefined} title={cellTitle(value)}>
      {cellText(value)}
    </td>
  );
}
