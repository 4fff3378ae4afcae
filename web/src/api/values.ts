// Values as the API sends them in JSON, and nested configurations as flat dotted keys.
import type { LoggedValue } from "./types";

export interface Histogram {
  _type: "histogram";
  bins: number[];
  values: number[];
}

/**
 * Turns the tagged form of a float or a large integer into a number or a bigint; everything else stays as it
 * is.
 */
export function decodeValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("_type" in value)) return value;
  const tagged = value as { _type: unknown; value?: unknown };
  if (tagged._type === "float") return Number(tagged.value);
  // A dict of a user's may look like one.
  if (tagged._type === "int" && typeof tagged.value === "string" && /^-?\d+$/.test(tagged.value)) return BigInt(tagged.value);
  return value;
}

/** A list of histograms has the same `_type`, but no bins of its own. */
export function isHistogram(value: unknown): value is Histogram {
  if (typeof value !== "object" || value === null) return false;
  const { _type, bins, values } = value as { _type?: unknown; bins?: unknown; values?: unknown };
  return _type === "histogram" && Array.isArray(bins) && Array.isArray(values);
}

/** Bytes that are no text: their content only where they come from a file. */
export interface Bytes {
  _type: "bytes";
  length: number;
  base64?: string;
}

export function isBytes(value: unknown): value is Bytes {
  if (typeof value !== "object" || value === null) return false;
  const { _type, length, base64 } = value as { _type?: unknown; length?: unknown; base64?: unknown };
  return _type === "bytes" && typeof length === "number" && (base64 === undefined || typeof base64 === "string");
}

/** Flattens nested dicts to dotted keys; tagged values and lists are leaves. */
export function flatten(tree: Record<string, unknown>): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  const walk = (prefix: string, node: Record<string, unknown>) => {
    for (const [name, child] of Object.entries(node)) {
      const key = prefix === "" ? name : `${prefix}.${name}`;
      const isDict = typeof child === "object" && child !== null && !Array.isArray(child) && !("_type" in child);
      if (isDict && Object.keys(child).length > 0) walk(key, child as Record<string, unknown>);
      else flat.set(key, decodeValue(child));
    }
  };
  walk("", tree);
  return flat;
}

export function newestFirst(values: readonly LoggedValue[]): LoggedValue[] {
  return values
    .map((value, i) => ({ value, i }))
    .sort((a, b) => b.value.step - a.value.step || b.i - a.i)
    .map(({ value }) => value);
}
