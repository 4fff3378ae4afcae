// The x axis a metric was defined with: `define_metric("val/*", step_metric="epoch")`.
import { STEP } from "../api/generated";
import type { MetricInfo } from "../api/types";

/** The key, or what keys begin with, that a name stands for. */
function literal(name: string): string {
  return name.replaceAll("\\.", ".").replaceAll("\\*", "*");
}

function closenessOf(key: string, name: string): number {
  if (!name.endsWith("*") || name.endsWith("\\*")) return literal(name) === key ? Infinity : -1;
  const prefix = literal(name.slice(0, -1));
  return key.startsWith(prefix) && (!key.startsWith("_") || prefix.startsWith("_")) ? prefix.length : -1;
}

/** The definition that holds for a key: its exact name, else the longest glob. */
function findMetric(key: string, metrics: readonly MetricInfo[]): MetricInfo | undefined {
  let best: MetricInfo | undefined;
  let closest = -1;
  for (const metric of metrics) {
    const closeness = closenessOf(key, metric.name);
    if (closeness > closest) [best, closest] = [metric, closeness];
  }
  return best;
}

/** A chosen axis holds for all charts; only the plain step gives way to the metric's own. */
export function xOf(key: string, chosen: string, metrics: readonly MetricInfo[]): string {
  return chosen === STEP ? (findMetric(key, metrics)?.step_metric ?? chosen) : chosen;
}

export function isHidden(key: string, metrics: readonly MetricInfo[]): boolean {
  return findMetric(key, metrics)?.hidden ?? false;
}
