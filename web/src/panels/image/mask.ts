// Segmentation masks: a class per pixel, read from a grey picture and painted in the colours of the classes.
import { readFile } from "../../api/client";
import type { Rgb } from "./classes";

export interface Mask {
  width: number;
  height: number;
  /** Class of each pixel, row by row. */
  ids: Uint8Array;
  /** Classes that occur, ascending. */
  present: number[];
}

/** Masks that were read last, for a slider that goes back and forth. */
const KEPT = 64;
const masks = new Map<string, Promise<Mask>>();

export function readMask(url: string): Promise<Mask> {
  const held = masks.get(url);
  if (held !== undefined) return held;
  const mask = decodeMask(url);
  masks.set(url, mask);
  mask.catch(() => masks.delete(url));
  const oldest = masks.keys().next();
  if (masks.size > KEPT && !oldest.done) masks.delete(oldest.value);
  return mask;
}

async function decodeMask(url: string): Promise<Mask> {
  const blob = await (await readFile(url)).blob();
  // The numbers as they are stored, not as a colour profile would have them look.
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("this browser gives no canvas to read a mask with");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, height, ...classesOf(context.getImageData(0, 0, width, height).data) };
}

/** The first channel of RGBA pixels. */
export function classesOf(pixels: Uint8ClampedArray): Pick<Mask, "ids" | "present"> {
  const ids = new Uint8Array(pixels.length / 4);
  const seen = new Uint8Array(256);
  for (let i = 0; i < ids.length; i++) {
    const id = pixels[4 * i] as number;
    ids[i] = id;
    seen[id] = 1;
  }
  return { ids, present: [...seen.keys()].filter((id) => seen[id] === 1) };
}

/** RGBA pixels of a mask: opaque where `colorOf` has a colour, clear elsewhere. */
export function tint(ids: Uint8Array, colorOf: (id: number) => Rgb | null): Uint8ClampedArray<ArrayBuffer> {
  const colors = Array.from({ length: 256 }, (_, id) => colorOf(id));
  const pixels = new Uint8ClampedArray(4 * ids.length);
  for (let i = 0; i < ids.length; i++) {
    const color = colors[ids[i] as number];
    if (color === null || color === undefined) continue;
    pixels[4 * i] = color[0];
    pixels[4 * i + 1] = color[1];
    pixels[4 * i + 2] = color[2];
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}
