// Colours of classes, and the names that an image gives to them.
import type { ClassLabels, ImageRecord } from "../../api/records";

export type Rgb = readonly [red: number, green: number, blue: number];

/** Neighbouring numbers come out far apart: the golden angle never repeats. */
const GOLDEN_DEGREES = 137.508;
const FIRST_DEGREES = 212;
/** A round of hues is told from the next by its lightness. */
const LIGHTNESS = [0.6, 0.72, 0.48];
const SATURATION = 0.75;

/** The same in both themes: it lies on pictures, not on the page. */
export function classColor(id: number): Rgb {
  const hue = (FIRST_DEGREES + Math.abs(id) * GOLDEN_DEGREES) % 360;
  const lightness = LIGHTNESS[Math.floor(Math.abs(id) / 8) % LIGHTNESS.length] as number;
  const chroma = (1 - Math.abs(2 * lightness - 1)) * SATURATION;
  const channel = (shift: number) => {
    const sector = (shift + hue / 30) % 12;
    return Math.round(255 * (lightness - (chroma / 2) * Math.max(-1, Math.min(sector - 3, 9 - sector, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

export const cssColor = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

/** The set's own names before those of the image. */
export function className(id: number, labels: ClassLabels | undefined, classes: ImageRecord["classes"]): string | null {
  return labels?.[String(id)] ?? classes?.find((one) => one.id === id)?.name ?? null;
}

/** Zero is what a mask says where it says nothing, unless it has a name. */
export function isBackground(id: number, name: string | null): boolean {
  return id === 0 && name === null;
}
