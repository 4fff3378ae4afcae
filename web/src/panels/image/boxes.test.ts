// Boxes on images.
import { expect, test } from "vitest";
import { boxRect, passes, scoreRanges } from "./boxes";

const CORNERS = { minX: 0.25, maxX: 0.75, minY: 0.5, maxY: 1 };
const RECT = { left: 50, top: 40, width: 100, height: 40 };

test("both forms in both domains are the same place", () => {
  expect(boxRect({ position: CORNERS }, 200, 80)).toEqual(RECT);
  expect(boxRect({ position: CORNERS, domain: "percentage" }, 200, 80)).toEqual(RECT);
  expect(boxRect({ position: { minX: 50, maxX: 150, minY: 40, maxY: 80 }, domain: "pixel" }, 200, 80)).toEqual(RECT);
  expect(boxRect({ position: { middle: [0.5, 0.75], width: 0.5, height: 0.5 } }, 200, 80)).toEqual(RECT);
  expect(boxRect({ position: { middle: [100, 60], width: 100, height: 40 }, domain: "pixel" }, 200, 80)).toEqual(RECT);
});

test("a position that lacks a number or is none of the forms has no place", () => {
  expect(boxRect({ position: { minX: 0, maxX: 1, minY: 0 } }, 10, 10)).toBeNull();
  expect(boxRect({ position: { middle: [0.5, NaN], width: 1, height: 1 } }, 10, 10)).toBeNull();
});

test("a box is shown from the threshold on, and where it has no such score", () => {
  expect(passes({ confidence: 0.5 }, { confidence: 0.5 })).toBe(true);
  expect(passes({ confidence: 0.49 }, { confidence: 0.5 })).toBe(false);
  expect(passes({ confidence: 0.9, iou: 0.1 }, { confidence: 0.5, iou: 0.2 })).toBe(false);
  expect([passes(undefined, { confidence: 0.5 }), passes({ other: 0 }, { confidence: 0.5 })]).toEqual([true, true]);
});

test("each score has a range of its own, the whole of 0 to 1 where it is a share", () => {
  const box = (scores?: Record<string, number>) => ({ position: CORNERS, class_id: 1, ...(scores ? { scores } : {}) });
  expect([...scoreRanges([box({ a: 0.2, b: 5 }), box(), box({ a: 0.9 })])]).toEqual([
    ["a", { low: 0, high: 1 }],
    ["b", { low: 5, high: 5 }],
  ]);
});
