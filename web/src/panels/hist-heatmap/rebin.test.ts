// Histograms on a shared grid.
import { expect, test } from "vitest";
import fixture from "./fixture";
import { columnBounds, evenEdges, heatGrid, rebin, valueExtent } from "./rebin";

test("a count is spread over the rows its bin covers, and none is lost", () => {
  const edges = evenEdges({ min: 0, max: 4 }, 4);
  expect([...rebin([0, 2, 4], [6, 2], edges)]).toEqual([3, 3, 1, 1]);
  const uneven = rebin([0.3, 0.9, 3.7], [10, 5], edges);
  expect([...uneven].reduce((sum, count) => sum + count, 0)).toBeCloseTo(15);
});

test("a bin without width goes to one row, the last edge to the last row", () => {
  const edges = evenEdges({ min: 0, max: 4 }, 4);
  expect([...rebin([1, 1], [7], edges)]).toEqual([0, 7, 0, 0]);
  expect([...rebin([4, 4], [7], edges)]).toEqual([0, 0, 0, 7]);
});

test("bins with infinite edges are left out of grid and range", () => {
  expect(valueExtent([[-Infinity, 0, 5, Infinity]])).toEqual({ min: 0, max: 5 });
  expect([...rebin([-Infinity, 0, 2], [9, 4], evenEdges({ min: 0, max: 2 }, 2))]).toEqual([2, 2]);
});

test("histograms with different bins share one grid", () => {
  const grid = heatGrid(fixture.data.bins, fixture.data.values, 4);
  expect([...(grid?.edges ?? [])]).toEqual([-2, -1, 0, 1, 2]);
  expect(grid?.columns.map((column) => [...column])).toEqual([
    [0, 0, 4, 8],
    [3, 3, 1, 1],
  ]);
  expect(grid?.peak).toBe(8);
  expect(heatGrid([], [], 4)).toBeNull();
});

test("columns meet half way between steps", () => {
  expect(columnBounds([0, 10, 30])).toEqual([
    [-5, 5],
    [5, 20],
    [20, 40],
  ]);
  expect(columnBounds([7])).toEqual([[6.5, 7.5]]);
});
