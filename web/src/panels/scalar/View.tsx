// One bar per run for a number that every run logged once.
import { useEffect } from "react";
import { flatten } from "../../api/values";
import { csvOf } from "../../numbers/csv";
import { formatExact, formatNumber, formatPlural } from "../../numbers/format";
import { setHotRun } from "../../view/cursor";
import type { PanelProps } from "../types";
import { makeBars } from "./bars";

export default function ScalarView({ keyInfo, runs, host }: PanelProps) {
  const entries = runs.flatMap((run) => {
    const value = flatten(run.summary).get(keyInfo.key);
    return typeof value === "number" ? [{ run, value }] : [];
  });
  const bars = makeBars(entries.map(({ value }) => value));
  useEffect(() => {
    host.setInfo(formatPlural(entries.length, "value"), "Each run logged this metric once.");
    host.setPoints(entries.length);
    host.setExporters({
      csv: () => csvOf([["run", "name", "value"], ...entries.map(({ run, value }) => [run.id, run.name, value])]),
    });
  }, [entries.map(({ run, value }) => `${run.id}:${value}`).join()]);
  if (entries.length === 0) return <p className="panel-message">None of the shown runs has this value.</p>;
  return (
    <ul className="bars">
      {entries.map(({ run, value }, i) => (
        <li key={run.id} onMouseEnter={() => setHotRun(run.id)} onMouseLeave={() => setHotRun(null)} title={`${run.name}: ${formatExact(value)}`}>
          <span className="bars-name">{run.name}</span>
          <span className="bars-track">
            <span style={{ left: `${(bars[i]?.start ?? 0) * 100}%`, width: `${(bars[i]?.length ?? 0) * 100}%`, background: run.color }} />
          </span>
          <span className="bars-value">{formatNumber(value)}</span>
        </li>
      ))}
    </ul>
  );
}
