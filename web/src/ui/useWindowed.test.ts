// Rows drawn of a long list.
import { expect, test } from "vitest";
import { rowWindow } from "./useWindowed";

test("the scrolled part and a margin are drawn, never more than there is", () => {
  expect(rowWindow(3000, 600, 30, 1000)).toEqual({ first: 90, last: 130 });
  expect(rowWindow(0, 600, 30, 5)).toEqual({ first: 0, last: 5 });
  expect(rowWindow(9000, 600, 30, 5)).toEqual({ first: 5, last: 5 });
});
