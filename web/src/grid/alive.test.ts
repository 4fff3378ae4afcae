// Cards that stay mounted.
import { expect, test } from "vitest";
import { nextAlive } from "./alive";

test("what is in view comes before what was, up to the limit", () => {
  expect(nextAlive(["c", "d"], ["a", "b", "c"], 3)).toEqual(["c", "d", "a"]);
  expect(nextAlive(["a", "b", "c"], [], 2)).toEqual(["a", "b"]);
});
