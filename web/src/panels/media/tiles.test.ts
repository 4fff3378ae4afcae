// Layout of media.
import { expect, test } from "vitest";
import { groupedTileSize, pictureScale, tileSize } from "./tiles";

const SPACE = { width: 300, height: 300, count: 1, aspect: 1, caption: 0, gap: 10, least: 60 };

test("media fill their space in as many columns as make them largest", () => {
  expect(tileSize(SPACE)).toEqual({ columns: 1, width: 300, height: 300, fits: true });
  expect(tileSize({ ...SPACE, count: 4 })).toEqual({ columns: 2, width: 145, height: 145, fits: true });
  expect(tileSize({ ...SPACE, count: 4, height: 80 })).toEqual({ columns: 4, width: 67, height: 67, fits: true });
  expect(tileSize({ ...SPACE, count: 2, aspect: 2, caption: 20 })).toMatchObject({ columns: 1, width: 250 });
});

test("what would become too small is scrolled", () => {
  expect(tileSize({ ...SPACE, count: 400 })).toEqual({ columns: 4, width: 67, height: 67, fits: false });
  expect(tileSize({ ...SPACE, width: 40, count: 2 })).toMatchObject({ columns: 1, width: 40 });
});

test("groups stand side by side unless rows make their media larger, and where nothing fits", () => {
  const grouped = { ...SPACE, gaps: [6, 12] as const, header: 20 };
  expect(groupedTileSize({ ...grouped, groups: 3, width: 900 })).toMatchObject({ groupColumns: 3, width: 280 });
  expect(groupedTileSize({ ...grouped, groups: 3, width: 100 })).toMatchObject({ groupColumns: 1, width: 72 });
  expect(groupedTileSize({ ...grouped, groups: 2, count: 400 })).toMatchObject({ groupColumns: 2, fits: false });
});

test("a small picture is enlarged by whole pixels of the screen, a large one shrunk to fit", () => {
  expect(pictureScale({ width: 28, height: 28 }, { width: 150, height: 200 }, 1)).toEqual({ scale: 5, pixelated: true });
  expect(pictureScale({ width: 28, height: 28 }, { width: 150, height: 200 }, 2)).toEqual({ scale: 5, pixelated: true });
  expect(pictureScale({ width: 100, height: 50 }, { width: 150, height: 150 }, 1)).toEqual({ scale: 1.5, pixelated: false });
  expect(pictureScale({ width: 1000, height: 500 }, { width: 250, height: 250 }, 2)).toEqual({ scale: 0.25, pixelated: false });
});
