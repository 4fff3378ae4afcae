// The x axis key.
import { expect, test } from "vitest";
import { nextXAxis } from "./xAxis";

test("goes round, and from a metric back to the first", () => {
  expect(["_step", "_runtime", "_timestamp", "epoch"].map(nextXAxis)).toEqual(["_runtime", "_timestamp", "_step", "_step"]);
});
