// Sets and switches of what lies over images.
import { expect, test } from "vitest";
import fixture from "./fixture";
import { isOn, overlaySets } from "./overlays";

test("masks come before boxes, with the classes that have a name or occur", () => {
  const sets = overlaySets(fixture.data, new Map([["truth", new Set([0, 2])]]));
  expect(sets.map(({ id, classes }) => [id, classes.map(({ name }) => name)])).toEqual([
    ["masks/prediction", ["road", "car"]],
    ["masks/truth", ["class 2"]],
    ["boxes/prediction", ["car"]],
  ]);
});

test("at first the second set of masks is off, and a switch counts more", () => {
  const sets = overlaySets(fixture.data, new Map());
  const on = (switches: Record<string, boolean>) => sets.map(({ id }) => isOn({ switches }, id, sets));
  expect(on({})).toEqual([true, false, true]);
  expect(on({ "masks/prediction": false, "masks/truth": true })).toEqual([false, true, true]);
  expect(isOn({ switches: {} }, "masks/truth/2", sets)).toBe(true);
});
