// Panels as they are held here, and how answers and live pushes are merged into them.
import type { PanelColumns, SeriesColumns } from "../api/batch";
import type { SeriesRef } from "../api/types";

export interface LoadedPanel {
  bucketWidth: number | null;
  series: Map<string, LoadedSeries>;
}

export interface LoadedSeries extends SeriesColumns {
  /** Of the answer the series came with: a push may use a finer grid than the read before it. */
  bucketWidth: number | null;
}

export function seriesId(ref: SeriesRef): string {
  return JSON.stringify([ref.run, ref.key, ref.label]);
}

/** A read replaces the panel, except series of which a push already brought a newer version. */
export function mergeRead(current: LoadedPanel | undefined, answer: PanelColumns): LoadedPanel {
  const series = new Map<string, LoadedSeries>();
  for (const incoming of answer.series) {
    const id = seriesId(incoming);
    const held = current?.series.get(id);
    series.set(id, held !== undefined && held.version > incoming.version ? held : { ...incoming, bucketWidth: answer.bucketWidth });
  }
  return { bucketWidth: answer.bucketWidth, series };
}

/** A push holds whole series, only those that changed; all others stay. Returns whether anything is new. */
export function mergePush(current: LoadedPanel, push: PanelColumns): boolean {
  let changed = false;
  for (const incoming of push.series) {
    const id = seriesId(incoming);
    const held = current.series.get(id);
    if (held !== undefined && held.version >= incoming.version && held.length === incoming.length) continue;
    if (held !== undefined && held.version > incoming.version) continue;
    current.series.set(id, { ...incoming, bucketWidth: push.bucketWidth });
    changed = true;
  }
  return changed;
}

export function panelBytes(panel: LoadedPanel): number {
  let bytes = 0;
  for (const series of panel.series.values()) bytes += series.length * (series.exact ? 16 : 52);
  return bytes;
}
