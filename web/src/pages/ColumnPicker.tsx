// Chooses the columns of the runs table, searched by name.
import { useEffect, useRef, useState } from "react";
import { SearchField } from "../ui/SearchField";
import { usePreferences } from "../view/preferences";

/** Enough to compare runs by without scrolling sideways on a laptop. */
const DEFAULT_CONFIG = 5;
const DEFAULT_SUMMARY = 8;

export function defaultColumns(available: readonly string[]): string[] {
  const plain = available.filter((column) => !/^(config|summary)\._/.test(column));
  return [
    ...plain.filter((column) => column.startsWith("config.")).slice(0, DEFAULT_CONFIG),
    ...plain.filter((column) => column.startsWith("summary.") && !column.startsWith("summary.system/")).slice(0, DEFAULT_SUMMARY),
  ];
}

export function ColumnPicker({ id, available, columns }: { id: string; available: readonly string[]; columns: readonly string[] }) {
  const [open, setOpen] = useState(false);
  const [filter, setFilter] = useState("");
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => {
      const outside = event instanceof MouseEvent && !box.current?.contains(event.target as Node);
      if (outside || (event instanceof KeyboardEvent && event.key === "Escape")) setOpen(false);
    };
    addEventListener("mousedown", close);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("mousedown", close);
      removeEventListener("keydown", close);
    };
  }, [open]);
  const choose = (next: readonly string[]) =>
    usePreferences.setState((state) => ({ columns: { ...state.columns, [id]: available.filter((column) => next.includes(column)) } }));
  const shown = available.filter((column) => column.toLowerCase().includes(filter.toLowerCase()));
  return (
    <div className="popover-anchor" ref={box}>
      <button type="button" className="button" aria-expanded={open} data-testid="column-picker" onClick={() => setOpen(!open)}>
        Columns · {columns.length} of {available.length}
      </button>
      {open && (
        <div className="popover" role="group" aria-label="Columns">
          <SearchField label="Search columns" autoFocus value={filter} onChange={setFilter} />
          <div className="sidebar-row">
            <button type="button" className="text-button" onClick={() => choose([...columns, ...shown])}>
              add {filter === "" ? "all" : "found"}
            </button>
            <button type="button" className="text-button" onClick={() => choose(columns.filter((column) => !shown.includes(column)))}>
              remove {filter === "" ? "all" : "found"}
            </button>
            <button type="button" className="text-button" onClick={() => choose(defaultColumns(available))}>
              default
            </button>
          </div>
          <ul>
            {shown.map((column) => (
              <li key={column}>
                <label>
                  <input
                    type="checkbox"
                    checked={columns.includes(column)}
                    onChange={(event) => choose(event.target.checked ? [...columns, column] : columns.filter((other) => other !== column))}
                  />
                  <span>{column.replace(/^(config|summary)\./, "")}</span>
                  <span className="column-kind">{column.split(".")[0]}</span>
                </label>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
