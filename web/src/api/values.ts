// Values as the API sends them in JSON, and nested configurations as flat dotted keys.

export interface Histogram {
  _type: "histogram";
  bins: number[];
  values: number[];
}

/** Turns the tagged form of a float or a large integer into a number or a bigint; everything else stays as it is. */
export function decodeValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("_type" in value)) return value;
  const tagged = value as { _type: unknown; value?: unknown };
  if (tagged._type === "float") return Number(tagged.value);
  if (tagged._type === "int" && typeof tagged.value === "string") return BigInt(tagged.value);
  return value;
}

/** A list of histograms has the same `_type`, but no bins of its own. */
export function isHistogram(value: unknown): value is Histogram {
  return typeof value === "object" && value !== null && (value as { _type?: unknown })._type === "histogram" && "bins" in value;
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
