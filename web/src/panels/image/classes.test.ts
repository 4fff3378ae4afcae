// Colours and names of classes.
import { expect, test } from "vitest";
import { classColor, className, isBackground } from "./classes";

test("each of the first classes has a colour of its own, far from its neighbours", () => {
  const colors = Array.from({ length: 32 }, (_, id) => classColor(id));
  expect(new Set(colors.map(String)).size).toBe(32);
  for (let id = 1; id < colors.length; id++) {
    const [a, b] = [colors[id - 1] as readonly number[], colors[id] as readonly number[]];
    expect(Math.hypot(...a.map((channel, i) => channel - (b[i] as number)))).toBeGreaterThan(90);
  }
  expect(colors.flat().every((channel) => Number.isInteger(channel) && channel >= 0 && channel <= 255)).toBe(true);
});

test("a set's own labels come before the classes of the image", () => {
  const classes = [{ id: 1, name: "tree" }];
  expect(className(1, { "1": "oak" }, classes)).toBe("oak");
  expect(className(1, undefined, classes)).toBe("tree");
  expect(className(2, {}, classes)).toBeNull();
});

test("zero is background unless it has a name", () => {
  expect([isBackground(0, null), isBackground(0, "sky"), isBackground(3, null)]).toEqual([true, false, false]);
});
