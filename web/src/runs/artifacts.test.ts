// Artifacts of a run: what its notes say.
import { expect, test } from "vitest";
import { splitArtifacts } from "./artifacts";

test("notes on artifacts are no config, and say what was logged and used", () => {
  const { set, artifacts } = splitArtifacts({
    lr: 0.1,
    _artifacts: true,
    "_artifacts/logged/artifacts/data@abc": { name: "data", type: "dataset", aliases: { best: 1 } },
    "_artifacts/used/local/p/r/artifacts/model": { time: 1 },
  });
  expect(set).toEqual({ lr: 0.1 });
  expect([...artifacts]).toEqual([
    ["data@abc", "logged (dataset), best"],
    ["local/p/r/model", "used"],
  ]);
});
