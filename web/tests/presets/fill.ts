// Fills the specification of a preset with a chart's columns, texts and rows, as
// python/stepwell/plot/specification.py does.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Spec = { [key: string]: Json };
export type Row = { [column: string]: unknown };

/** What a chart says of itself; the record of docs/media.md without its table. */
export interface ChartFields {
  fields: { [field: string]: string };
  string_fields: { [name: string]: string };
}

/** The name of the data that a specification asks for. */
const DATA = "wandb";
const PLACEHOLDER = /\$\{(field|string):([^}]*)\}/g;
const ONE_PLACEHOLDER = /^\$\{(?:field|string):[^}]*\}$/;
/**
 * What breaks the expressions that Vega-Lite makes of names (all of these) and titles (not the quotes), and
 * what looks the same.
 */
const ALIKE: { [character: string]: string } = { "'": "’", '"': "”", "\\": "⧵", "\n": " ", "\r": " " };
/** Where a string is an expression: a column stands in quotes. */
const EXPRESSIONS = new Set(["calculate", "expr", "filter", "init", "signal", "test", "update"]);
/** Where a string is shown. */
const TEXTS = new Set(["description", "subtitle", "text", "title"]);

/**
 * Returns the complete specification. What stands for a column or a text that the chart does not name is left
 * out, and with it
 * the object that it is the `field` of.
 */
export function fill(spec: Spec, chart: ChartFields, rows: readonly Row[]): Spec {
  const filled = (filledIn(spec, "", chart) ?? {}) as Spec;
  const values = rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [column(name), plain(value)])));
  if (Array.isArray(filled["data"])) {
    const data = filled["data"].map((source) => (isObject(source) && source["name"] === DATA ? { ...source, values } : source));
    return { ...filled, data };
  }
  const datasets = isObject(filled["datasets"]) ? filled["datasets"] : {};
  return { ...filled, data: filled["data"] ?? { name: DATA }, datasets: { ...datasets, [DATA]: values } };
}

/**
 * A value with its placeholders filled; undefined if it is nothing without them. `key` is the key that it, or
 * its list, stands under.
 */
function filledIn(value: Json, key: string, chart: ChartFields): Json | undefined {
  if (typeof value === "string") return filledText(value, key, chart);
  if (Array.isArray(value)) return value.map((each) => filledIn(each, key, chart)).filter((each) => each !== undefined);
  if (!isObject(value)) return value;
  const filled: Spec = {};
  for (const [name, inner] of Object.entries(value)) {
    const result = filledIn(inner, name, chart);
    if (result !== undefined) filled[name] = result;
    else if (name === "field") return undefined;
  }
  return filled;
}

function filledText(text: string, key: string, chart: ChartFields): string | undefined {
  let missing = false;
  const filled = text.replace(PLACEHOLDER, (_, kind: string, name: string) => {
    const values = kind === "field" ? chart.fields : chart.string_fields;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    missing ||= value === undefined;
    if (value === undefined) return "";
    if (TEXTS.has(key)) return value.replace(/[\\\n\r]/g, alike);
    if (kind === "string") return EXPRESSIONS.has(key) ? quotable(value) : value;
    return key === "as" || EXPRESSIONS.has(key) ? column(value) : path(column(value));
  });
  return missing && ONE_PLACEHOLDER.test(text) ? undefined : filled;
}

/** The name of a column in the data. */
function column(name: string): string {
  return name.replace(/['"\\\n\r]/g, alike);
}

function alike(character: string): string {
  return ALIKE[character] ?? character;
}

/** A column as Vega's `field` wants it: dots and brackets are parts of the name. */
function path(column: string): string {
  return column.replace(/[.[\]]/g, "\\$&");
}

/** Text as it may stand between the quotes of an expression. */
function quotable(text: string): string {
  return text
    .replace(/[\\'"]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
}

/** A cell; what JSON has no number for is missing. */
function plain(cell: unknown): Json {
  if (isObject(cell) && cell["_type"] === "float") return null;
  if (isObject(cell) && cell["_type"] === "int") return Number(cell["value"]);
  return typeof cell === "number" && !Number.isFinite(cell) ? null : ((cell ?? null) as Json);
}

function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
