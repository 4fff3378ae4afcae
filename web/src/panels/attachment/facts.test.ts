// Facts about media that are offered as files.
import { expect, test } from "vitest";
import type { MediaRecord } from "../../api/records";
import { factsOf, formatBytes } from "./facts";
import fixture from "./fixture";

const [chart, cloud] = fixture.data as [MediaRecord, MediaRecord];

test("a chart names its preset and offers its table", () => {
  expect(factsOf(chart)).toEqual({
    title: "Chart",
    details: [
      ["preset", "wandb/line/v0"],
      ["fields", "x = epoch, y = loss"],
      ["table", "8 × 2"],
    ],
    path: "media/table/roc.table.json",
  });
});

test("a point cloud says how many points it has", () => {
  const { title, details, path } = factsOf(cloud);
  expect([title, path]).toEqual(["3D object", "media/object3D/cloud.npy"]);
  expect(details).toEqual([
    ["format", "point cloud"],
    ["shape", "500 × 3"],
    ["file", "cloud.npy"],
  ]);
});

test("sizes have the unit that keeps them short", () => {
  expect([0, 999, 1000, 130112, 5.25e9].map(formatBytes)).toEqual(["0 bytes", "999 bytes", "1 kB", "130 kB", "5.3 GB"]);
});
