// Any value of a config or summary in one line: numbers, texts, and what a medium is.
import {
  type ArrayRecord,
  type AudioRecord,
  type ChartRecord,
  isTagged,
  itemsOf,
  type MediaRecord,
  type ObjectRecord,
  type TableRecord,
  type VideoRecord,
} from "../api/records";
import { type Bytes, isBytes, isHistogram } from "../api/values";
import { formatDuration, formatNumber, formatPlural } from "./format";

/** Any config or summary value in one line. */
export function formatValue(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (isHistogram(value)) return `histogram of ${value.values.length} bins`;
  if (isBytes(value)) return describeBytes(value);
  return describeMedia(value) ?? JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
}

/** Bytes that are shown of a value; base64 has three in four letters. */
const SHOWN_BYTES = 12;

/** "3 bytes: ff 00 01". */
function describeBytes({ length, base64 }: Bytes): string {
  const count = formatPlural(length, "byte");
  if (base64 === undefined || !/^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(base64)) return count;
  const shown = Array.from(atob(base64.slice(0, (SHOWN_BYTES / 3) * 4)), (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0"));
  return `${count}: ${shown.join(" ")}${length > SHOWN_BYTES ? " …" : ""}`;
}

/** What several of a kind are called. */
const NOUNS: Record<string, string> = {
  "image-file": "image",
  "audio-file": "clip",
  "video-file": "video",
  "table-file": "table",
  "html-file": "page",
  "molecule-file": "molecule",
  "object3D-file": "3D object",
  "plotly-file": "Plotly figure",
  chart: "chart",
  histogram: "histogram",
};

/** What one of a kind is called. */
export function nounOf(type: string): string | undefined {
  return NOUNS[type];
}

/** A medium or a list of media in a few words; null for what is neither. */
export function describeMedia(value: unknown): string | null {
  if (!isTagged(value)) return null;
  const noun = NOUNS[value._type];
  const items = itemsOf(value);
  if (items[0] !== value) return noun === undefined ? null : formatPlural(items.length, noun);
  if (value._type === "array") return Array.isArray((value as ArrayRecord).shape) ? describeArray(value as ArrayRecord) : null;
  const details = detailsOf(value);
  return noun === undefined || details === null ? null : `${noun} ${details.join(", ")}`.trim();
}

const times = (numbers: readonly (number | undefined)[]) => numbers.map((one) => formatNumber(one ?? NaN)).join(" × ");

/** What follows the noun; null where there must be something else. */
function detailsOf(record: MediaRecord): string[] | null {
  const size = record.width === undefined ? [] : [times([record.width, record.height])];
  switch (record._type) {
    case "image-file":
      return size;
    case "audio-file": {
      const { duration } = record as AudioRecord;
      return [record.format ?? "", duration === undefined ? "" : formatDuration(duration)].filter(Boolean);
    }
    case "video-file": {
      const { frames } = record as VideoRecord;
      return [...size, frames === undefined ? "" : `${formatPlural(frames, "frame")}`].filter(Boolean);
    }
    case "table-file": {
      const { nrows, ncols } = record as TableRecord;
      return [times([nrows, ncols])];
    }
    case "object3D-file": {
      const { shape, format } = record as ObjectRecord;
      return [format === "npy" ? "" : (format ?? ""), Array.isArray(shape) ? `of ${times(shape)}` : ""].filter(Boolean);
    }
    case "molecule-file":
      return record.format === undefined ? [] : [record.format];
    case "chart":
      return [(record as ChartRecord).preset];
    case "html-file":
    case "plotly-file":
      return [];
    default:
      return null;
  }
}

const STATISTICS = ["mean", "std", "min", "max"];

/** "float32 [1000], mean 0.5, std 1, min −3, max 3". */
function describeArray(array: ArrayRecord): string {
  const statistics = STATISTICS.flatMap((name) => {
    const value = array[name];
    return typeof value === "number" ? [`${name} ${formatNumber(value)}`] : [];
  });
  const nan = array.nan === undefined ? [] : [`${formatNumber(array.nan)} NaN`];
  return [`${array.dtype} [${array.shape.join(", ")}]`, ...statistics, ...nan].join(", ");
}

export function describeClip({ format, duration, sample_rate }: AudioRecord): string {
  const parts = [
    duration === undefined ? "" : formatDuration(duration),
    sample_rate === undefined ? "" : `${formatNumber(sample_rate / 1000)} kHz`,
    format ?? "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
