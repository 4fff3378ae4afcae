// The overview of a run: what it is, how it went, what was lost, its configuration and its summary.
import { useMemo, useState } from "react";
import { isCut, type RunInfo } from "../api/types";
import { Cell, isNumeric } from "../grid/Cell";
import { formatDuration, formatNumber, formatTime } from "../numbers/format";
import { runRow } from "../runs/table";
import { EmptyState } from "../ui/EmptyState";
import { SearchField } from "../ui/SearchField";

function facts(run: RunInfo): [string, string][] {
  const all: [string, string | null][] = [
    ["Run id", run.run],
    ["Created", formatTime(run.created_us)],
    ["Last sign of life", formatTime(run.heartbeat_us)],
    ["Runtime", formatDuration(run.runtime_s)],
    ["Last step", run.last_step === null ? "none" : formatNumber(run.last_step)],
    ["Rows", formatNumber(run.rows)],
    ["Exit code", run.exit_code === null ? null : String(run.exit_code)],
    ["Group", run.group],
    ["Job type", run.job_type],
    ["Tags", run.tags.join(", ")],
    ["Notes", run.notes],
  ];
  return all.filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== "");
}

function LossReport({ loss: { sampled_rows, lost_rows }, rows }: Pick<RunInfo, "loss" | "rows">) {
  if (sampled_rows === 0 && lost_rows === 0) return null;
  return (
    <div className={lost_rows > 0 ? "notice bad" : "notice"} role="status" data-testid="loss-report">
      <strong>{lost_rows > 0 ? "Some rows are missing." : "Some rows were thinned out."}</strong>{" "}
      {lost_rows > 0 && `${formatNumber(lost_rows)} rows were lost. `}
      {sampled_rows > 0 && `${formatNumber(sampled_rows)} rows were left out by sampling. `}
      {formatNumber(rows)} rows are stored.
    </div>
  );
}

export function RunOverview({ run }: { run: RunInfo }) {
  const row = runRow(run);
  const summary = useMemo(() => new Map([...row.summary].filter(([key]) => !key.startsWith("_"))), [row]);
  return (
    <main className="overview">
      <LossReport loss={run.loss} rows={run.rows} />
      {run.rows === 0 && <EmptyState subject="run" />}
      <dl className="facts">
        {facts(run).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {run.labels.length > 1 && (
          <div>
            <dt>Ranks</dt>
            <dd>
              {run.labels.map(({ label, rank }) => (
                <span key={label} className="chip" title={rank === null ? label : `rank ${rank}`}>
                  {label}
                </span>
              ))}
            </dd>
          </div>
        )}
      </dl>
      <div className="overview-tables">
        <ValueTable title="Config" values={row.config} />
        <ValueTable title={isCut(run) ? `Summary (the first of ${formatNumber(run.summary_keys ?? 0)} values)` : "Summary"} values={summary} />
        {row.artifacts.size > 0 && <ValueTable title="Artifacts" values={row.artifacts} />}
      </div>
    </main>
  );
}

function ValueTable({ title, values }: { title: string; values: ReadonlyMap<string, unknown> }) {
  const [filter, setFilter] = useState("");
  const name = title.toLowerCase();
  const shown = [...values].filter(([key]) => key.toLowerCase().includes(filter.toLowerCase())).sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  return (
    <section className="value-table" data-testid={`${name}-table`}>
      <header>
        <h2>{title}</h2>
        <span className="muted">{values.size}</span>
        <SearchField label={`Search ${name}`} value={filter} onChange={setFilter} />
      </header>
      <table>
        <tbody>
          {shown.map(([key, value]) => (
            <tr key={key} data-key={key}>
              <th scope="row">{key}</th>
              <td className={isNumeric(value) ? "number" : ""}>
                <Cell value={value} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <p className="panel-message">{values.size === 0 ? `No ${name}.` : "Nothing matches."}</p>}
    </section>
  );
}
