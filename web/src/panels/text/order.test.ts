// Order of text values.
import { expect, test } from "vitest";
import fixture from "./fixture";
import { newestFirst } from "./order";

test("the newest is first, also within a step", () => {
  expect(newestFirst(fixture.data).map(({ value }) => value)).toEqual(["third", "second", "first"]);
});
