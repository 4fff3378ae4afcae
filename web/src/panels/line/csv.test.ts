// CSV of a line chart.
import { expect, test } from "vitest";
import { formatCount } from "../../numbers/format";
import { modelCsv } from "./csv";
import { makeBuckets, makeExact, makePanel, makeRun } from "./fixture";
import { buildModel, seriesRefs } from "./model";

test("every drawn point is a row with all its digits", () => {
  const runs = [{ ...makeRun("a", 0), name: 'say "hi", run' }, makeRun("b", 1)];
  const panel = makePanel(makeExact("a", [0, 1], [0.1 + 0.2, NaN]), makeBuckets("b", [50], [2], [1], [3], 100));
  const view = { smoothing: 0.9, logY: false, band: true, ignoreOutliers: false };
  const model = buildModel({ panel, refs: seriesRefs("loss", runs, "primary"), runs, view, window: null, formatCount });
  expect(modelCsv(model, "_step", "loss").split("\n")).toEqual([
    "run,name,label,_step,loss,min,max,count",
    'a,"say ""hi"", run",,0,0.30000000000000004,,,',
    'a,"say ""hi"", run",,1,NaN,,,',
    "b,name of b,,50,2,1,3,100",
    "",
  ]);
});
