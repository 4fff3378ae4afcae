// Bounding boxes: their place on an image, and those that a least score leaves.
import type { Box } from "../../api/records";

export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** In pixels of the image, whichever way the position was given; null where it was given in no known way. */
export function boxRect({ position, domain }: Pick<Box, "position" | "domain">, imageWidth: number, imageHeight: number): Rect | null {
  const [unitX, unitY] = domain === "pixel" ? [1, 1] : [imageWidth, imageHeight];
  const { minX, maxX, minY, maxY, middle, width, height } = position;
  let rect: Rect;
  if (minX !== undefined && maxX !== undefined && minY !== undefined && maxY !== undefined) {
    rect = { left: minX * unitX, top: minY * unitY, width: (maxX - minX) * unitX, height: (maxY - minY) * unitY };
  } else if (middle !== undefined && width !== undefined && height !== undefined) {
    rect = { left: (middle[0] - width / 2) * unitX, top: (middle[1] - height / 2) * unitY, width: width * unitX, height: height * unitY };
  } else {
    return null;
  }
  return Object.values(rect).every(Number.isFinite) ? rect : null;
}

/** A box without a score is not judged by it. */
export function passes(scores: Record<string, number> | undefined, thresholds: Readonly<Record<string, number>>): boolean {
  return Object.entries(scores ?? {}).every(([name, score]) => !(score < (thresholds[name] ?? -Infinity)));
}

/**
 * Range of every score, by its name: 0 to 1 where they lie in it, so that it stays from step to step; else
 * from the lowest to the highest.
 */
export function scoreRanges(boxes: readonly Box[]): Map<string, { low: number; high: number }> {
  const ranges = new Map<string, { low: number; high: number }>();
  for (const { scores } of boxes) {
    for (const [name, score] of Object.entries(scores ?? {})) {
      if (!Number.isFinite(score)) continue;
      const { low, high } = ranges.get(name) ?? { low: score, high: score };
      ranges.set(name, { low: Math.min(low, score), high: Math.max(high, score) });
    }
  }
  return new Map([...ranges].map(([name, { low, high }]) => [name, low >= 0 && high <= 1 ? { low: 0, high: 1 } : { low, high }]));
}
