// The x axis a metric was defined with: `define_metric("val/*", step_metric="epoch")`.
import type { MetricInfo } from "../api/types";

function findMetric(key: string, metrics: readonly MetricInfo[]): MetricInfo | undefined {
  const exact = metrics.find(({ name }) => name === key);
  if (exact !== undefined) return exact;
  return metrics.find(({ name }) => name.endsWith("*") && key.startsWith(name.slice(0, -1)));
}

/** A chosen axis holds for all charts; only the plain step gives way to the metric's own. */
export function xOf(key: string, chosen: string, metrics: readonly MetricInfo[]): string {
  return chosen === "_step" ? (findMetric(key, metrics)?.step_metric ?? chosen) : chosen;
}

export function isHidden(key: string, metrics: readonly MetricInfo[]): boolean {
  return findMetric(key, metrics)?.hidden ?? false;
}
