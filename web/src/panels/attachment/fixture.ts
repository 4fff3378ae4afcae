// A chart and a point cloud.
import type { ChartRecord, MediaRecord, ObjectRecord } from "../../api/records";
import type { PanelFixture } from "../fixture";

const chart: ChartRecord = {
  _type: "chart",
  preset: "wandb/line/v0",
  fields: { x: "epoch", y: "loss" },
  table: { _type: "table-file", path: "media/table/roc.table.json", columns: ["epoch", "loss"], nrows: 8, ncols: 2 },
};
const cloud: ObjectRecord = { _type: "object3D-file", path: "media/object3D/cloud.npy", format: "npy", shape: [500, 3] };

const fixture: PanelFixture<MediaRecord[]> = {
  subject: { place: "workspace", anyRunning: false, keyInfo: { key: "cloud", kinds: ["object3D-file"], runs: 1, points: 1, first_step: 0, last_step: 0 } },
  data: [chart, cloud],
};

export default fixture;
