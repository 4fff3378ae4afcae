// Order of values in tables: numbers, texts, NaN, nothing, whichever way is sorted.
import { formatValue } from "./value";

const collator = new Intl.Collator("en", { numeric: true });

function rankOf(value: unknown): number {
  if (value === undefined || value === null || value === "") return 3;
  if (typeof value === "number" && Number.isNaN(value)) return 2;
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" ? 0 : 1;
}

/** Items by a value of each; items with equal values keep their order. */
export function sortedBy<T>(items: Iterable<T>, of: (item: T) => unknown, descending: boolean): T[] {
  const groups = [[], [], [], []] as { item: T; value: unknown }[][];
  for (const item of items) {
    const value = of(item);
    const rank = rankOf(value);
    groups[rank]?.push({ item, value: rank === 1 ? formatValue(value) : value });
  }
  const sign = descending ? -1 : 1;
  const [numbers, texts] = groups as unknown as [{ value: number }[], { value: string }[]];
  numbers.sort((a, b) => sign * (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  texts.sort((a, b) => sign * collator.compare(a.value, b.value));
  return groups.flat().map(({ item }) => item);
}
