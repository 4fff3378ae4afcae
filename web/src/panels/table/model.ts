// A logged table: its cells as they are shown, sorted, searched; made for hundreds of thousands of rows.

import { hasFile, isTagged } from "../../api/records";
import { decodeValue } from "../../api/values";
import { csvOf } from "../../numbers/csv";
import { formatExact, formatNumber } from "../../numbers/format";
import { sortedBy } from "../../numbers/order";
import { formatValue } from "../../numbers/value";

export interface LoggedTable {
  columns: string[];
  /** Typed numbers are decoded. */
  rows: unknown[][];
}

export class TableFormatError extends Error {}

export function parseTable(json: unknown): LoggedTable {
  const { columns, data } = (json ?? {}) as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data)) throw new TableFormatError("This file is no table: it has no columns or no data.");
  const rows = data as unknown[][];
  for (const row of rows) for (let i = 0; i < row.length; i++) if (typeof row[i] === "object") row[i] = decodeValue(row[i]);
  return { columns: columns.map(String), rows };
}

/** Integers keep all their digits: they may be names. */
export function cellText(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? formatExact(value) : formatNumber(value);
  return formatValue(value);
}

export function cellTitle(value: unknown): string {
  return typeof value === "number" ? formatExact(value) : cellText(value);
}

/** Row numbers by a column. */
export function sortRows({ rows }: LoggedTable, column: number, descending: boolean): Uint32Array {
  return Uint32Array.from(sortedBy(rows.keys(), (i) => rows[i]?.[column], descending));
}

const searchTexts = new WeakMap<LoggedTable, string[]>();

/** Those of the rows, in their order, in which some cell contains the text. */
export function filterRows(table: LoggedTable, order: Uint32Array, text: string): Uint32Array {
  if (text === "") return order;
  let texts = searchTexts.get(table);
  if (texts === undefined) {
    texts = table.rows.map((row) => row.map(cellText).join("\n").toLowerCase());
    searchTexts.set(table, texts);
  }
  const wanted = text.toLowerCase();
  return order.filter((i) => (texts[i] as string).includes(wanted));
}

const SAMPLE_ROWS = 200;
const CHARACTER_PX = 7;
const PADDING_PX = 26;
const LEAST_PX = 56;
const MOST_PX = 300;
export const MEDIA_CELL_PX = 88;

export interface ColumnLook {
  width: number;
  /** Set right, as numbers are. */
  numeric: boolean;
  media: boolean;
}

/** From the first rows, so that scrolling never moves a column. */
export function columnLooks({ columns, rows }: LoggedTable): ColumnLook[] {
  const sample = rows.slice(0, SAMPLE_ROWS);
  return columns.map((name, i) => {
    const cells = sample.map((row) => row[i]);
    const media = cells.some((cell) => hasFile(cell) || (isTagged(cell) && "items" in cell));
    const said = cells.filter((cell) => cell !== null && cell !== undefined);
    const characters = Math.max(name.length + 2, ...(media ? [] : cells.map((cell) => cellText(cell).length)));
    const width = Math.min(MOST_PX, Math.max(media ? MEDIA_CELL_PX : LEAST_PX, Math.ceil(characters * CHARACTER_PX) + PADDING_PX));
    return { width, media, numeric: said.length > 0 && said.every((cell) => typeof cell === "number" || typeof cell === "bigint") };
  });
}

/** As a spreadsheet reads it; media by their paths. */
export function tableCsv({ columns, rows }: LoggedTable, order: Uint32Array): string {
  const field = (value: unknown) => (typeof value === "number" ? value : hasFile(value) ? value.path : formatValue(value));
  return csvOf([columns, ...Array.from(order, (i) => (rows[i] as unknown[]).map(field))]);
}
