// Logged tables: cells, order, search and the look of columns.
import { expect, test } from "vitest";
import fixture from "./fixture";
import { cellText, columnLooks, filterRows, parseTable, sortRows, TableFormatError, tableCsv } from "./model";

const table = parseTable(structuredClone(fixture.data));
const all = Uint32Array.from(table.rows.keys());
const column = (index: number, order: Uint32Array) => Array.from(order, (i) => table.rows[i]?.[index]);

test("typed numbers come back as numbers", () => {
  expect(column(2, all)).toEqual([0.5, NaN, -Infinity, 12345.678, null]);
  expect(table.rows[3]?.[0]).toBe(9007199254740993n);
});

test("a file that is no table is refused", () => {
  expect(() => parseTable({ columns: ["a"] })).toThrow(TableFormatError);
  expect(() => parseTable(null)).toThrow(TableFormatError);
});

test("numbers are sorted as numbers, NaN and nothing come last both ways", () => {
  expect(column(2, sortRows(table, 2, false))).toEqual([-Infinity, 0.5, 12345.678, NaN, null]);
  expect(column(2, sortRows(table, 2, true))).toEqual([12345.678, 0.5, -Infinity, NaN, null]);
  expect(column(0, sortRows(table, 0, true))[0]).toBe(9007199254740993n);
});

test("texts are sorted with numbers in them in order, and equal cells keep theirs", () => {
  expect(column(1, sortRows(table, 1, false))).toEqual(["cat 2", "cat 10", "dog", "dog", 'Über, "alles"']);
  expect(Array.from(sortRows(table, 1, true)).filter((i) => table.rows[i]?.[1] === "dog")).toEqual([2, 3]);
});

test("the search looks at every cell as it is shown, and keeps the order", () => {
  const order = sortRows(table, 1, true);
  expect(column(1, filterRows(table, order, "CAT"))).toEqual(["cat 10", "cat 2"]);
  expect(column(0, filterRows(table, order, "12,345"))).toEqual([9007199254740993n]);
  expect(filterRows(table, order, "")).toBe(order);
});

test("integers keep their digits, floats have four, media are named", () => {
  expect([1234567, -3, 0.123456, true, null, table.rows[0]?.[3]].map(cellText)).toEqual(["1234567", "−3", "0.1235", "true", "", "image 72 × 48"]);
});

test("a column of numbers is set right, one of media is wide enough for them", () => {
  expect(columnLooks(table).map(({ numeric, media }) => [numeric, media])).toEqual([
    [true, false],
    [false, false],
    [true, false],
    [false, true],
  ]);
  expect(columnLooks({ columns: ["text"], rows: [["x".repeat(900)]] })[0]?.width).toBe(300);
});

test("a CSV holds what is listed, in that order, quoted where it must be", () => {
  const csv = tableCsv(table, Uint32Array.from([4, 0]));
  expect(csv).toBe('id,label,score,image\n5,"Über, ""alles""",,\n1,cat 10,0.5,media/images/a.png\n');
});

test("200,000 rows are sorted and searched", () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => [(i * 7919) % 200_000, `row ${i}`]);
  const large = { columns: ["n", "name"], rows };
  const order = sortRows(large, 0, true);
  expect([rows[order[0] as number]?.[0], rows[order[199_999] as number]?.[0]]).toEqual([199_999, 0]);
  expect(filterRows(large, order, "row 19999").length).toBe(11);
});
