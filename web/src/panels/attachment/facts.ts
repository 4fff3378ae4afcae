// Facts about a medium that is offered as a file.
import { type ChartRecord, fileName, type MediaRecord, type ObjectRecord } from "../../api/records";
import { formatNumber } from "../../numbers/format";
import { nounOf } from "../../numbers/value";

/** Kinds that are offered as files. */
export const KINDS = ["molecule-file", "object3D-file", "plotly-file", "chart"];

export interface Facts {
  title: string;
  details: [name: string, text: string][];
  /** The file to save; a chart has that of its table. */
  path: string | null;
}

export function factsOf(record: MediaRecord): Facts {
  const details: [string, string][] = [];
  const noun = nounOf(record._type) ?? record._type;
  const title = noun.charAt(0).toUpperCase() + noun.slice(1);
  if (record._type === "chart") {
    const { preset, fields, table } = record as ChartRecord;
    details.push(
      ["preset", preset],
      [
        "fields",
        Object.entries(fields)
          .map(([field, column]) => (field === column ? field : `${field} = ${column}`))
          .join(", "),
      ],
    );
    details.push(["table", `${formatNumber(table.nrows)} × ${formatNumber(table.ncols)}`]);
    return { title, details, path: table.path ?? null };
  }
  const { shape, format } = record as ObjectRecord;
  if (format !== undefined) details.push(["format", format === "npy" ? "point cloud" : format]);
  if (shape !== undefined) details.push(["shape", shape.map(formatNumber).join(" × ")]);
  if (record.path !== undefined) details.push(["file", fileName(record.path)]);
  return { title, details, path: record.path ?? null };
}

/** "1.2 MB". */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const scaled = bytes / 1000 ** power;
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : Number(scaled.toFixed(1))} ${units[power]}`;
}
