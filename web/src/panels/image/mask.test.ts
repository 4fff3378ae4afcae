// Masks from pixels to colours.
import { expect, test } from "vitest";
import { classesOf, tint } from "./mask";

test("the class is the first channel, and each that occurs is listed once", () => {
  const { ids, present } = classesOf(Uint8ClampedArray.from([3, 3, 3, 255, 0, 0, 0, 255, 3, 3, 3, 255]));
  expect([[...ids], present]).toEqual([
    [3, 0, 3],
    [0, 3],
  ]);
});

test("a class that is switched off leaves the picture clear", () => {
  const pixels = tint(Uint8Array.from([0, 1, 2]), (id) => (id === 1 ? [9, 8, 7] : null));
  expect([...pixels]).toEqual([0, 0, 0, 0, 9, 8, 7, 255, 0, 0, 0, 0]);
});
