// A line chart's data as CSV: one row per drawn point; minimum, maximum and count only where points were put into buckets.
import type { LineModel } from "./model";

function field(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function modelCsv(model: LineModel, x: string, key: string): string {
  const lines = [["run", "name", "label", x, key, "min", "max", "count"].map(field).join(",")];
  for (const { run, columns } of model.series) {
    for (let i = 0; i < columns.length; i++) {
      const cells: (string | number)[] = [run.id, run.name, columns.label ?? "", columns.x[i] as number, columns.mean[i] as number];
      cells.push(columns.min?.[i] ?? "", columns.max?.[i] ?? "", columns.count?.[i] ?? "");
      lines.push(cells.map((cell) => field(String(cell))).join(","));
    }
  }
  return lines.join("\n") + "\n";
}
