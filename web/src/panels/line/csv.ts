// A line chart's data as CSV: one row per drawn point; minimum, maximum and count only where points were put into buckets.
import { csvOf } from "../../numbers/csv";
import type { LineModel } from "./model";

export function modelCsv(model: LineModel, x: string, key: string): string {
  const rows = model.series.flatMap(({ run, columns: { x: xs, mean, min, max, count, label } }) =>
    Array.from(xs, (at, i) => [run.id, run.name, label ?? "", at, mean[i], min?.[i] ?? "", max?.[i] ?? "", count?.[i] ?? ""]),
  );
  return csvOf([["run", "name", "label", x, key, "min", "max", "count"], ...rows]);
}
