// One run of the sidebar. It follows the hot run by itself, so that a hover over a chart renders two rows and
// not the list.
import { Link } from "wouter";
import { useStore } from "zustand";
import type { RunInfo } from "../api/types";
import { cursor, setHotRun } from "../view/cursor";

interface Props {
  run: RunInfo;
  shown: boolean;
  color: string;
  /** The value the list is sorted by. */
  value: string;
  href: string;
  /** CSS pixels from the top of the list. */
  top: number;
  onToggle(): void;
}

export function SidebarRow({ run, shown, color, value, href, top, onToggle }: Props) {
  const hot = useStore(cursor, (state) => state.hotRun === run.run);
  return (
    <li
      className={`run-row${hot ? " hot" : ""}${shown ? "" : " off"}`}
      data-testid="run-row"
      data-run={run.run}
      style={{ top, ["--run" as string]: color }}
      onMouseEnter={() => setHotRun(shown ? run.run : null)}
    >
      <button type="button" className="eye" aria-pressed={shown} aria-label={`Show ${run.name}`} onClick={onToggle} />
      <span className="swatch" />
      <Link href={href} className="run-name" title={`${run.name} (${run.run})`}>
        {run.name}
      </Link>
      {run.state !== "finished" && <span className={`state-dot ${run.state}`} title={run.state} />}
      <span className="run-value">{value}</span>
    </li>
  );
}
