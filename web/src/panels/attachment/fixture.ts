// A chart and a point cloud.
import type { ChartRecord, MediaRecord, ObjectRecord } from "../../api/records";
import { keySubject, type PanelFixture } from "../fixture";

const chart: ChartRecord = {
  _type: "chart",
  preset: "wandb/line/v0",
  fields: { x: "epoch", y: "loss" },
  table: { _type: "table-file", path: "media/table/roc.table.json", columns: ["epoch", "loss"], nrows: 8, ncols: 2 },
};
const cloud: ObjectRecord = { _type: "object3D-file", path: "media/object3D/cloud.npy", format: "npy", shape: [500, 3] };

const fixture: PanelFixture<MediaRecord[]> = {
  subject: keySubject("cloud", "object3D-file"),
  data: [chart, cloud],
};

export default fixture;
