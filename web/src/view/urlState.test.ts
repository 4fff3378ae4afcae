// The URL codec.
import { expect, test } from "vitest";
import { DEFAULT_VIEW, decodeView, encodeView, type ViewState } from "./urlState";

const FULL: ViewState = {
  x: "train/epoch",
  smoothing: 0.6,
  logY: true,
  band: false,
  ignoreOutliers: true,
  query: "loss|acc & more=100%",
  zoom: { from: 0.5, to: 50000, x: null },
  runs: { kind: "ids", ids: ["ab12", "a,b:c", "ü"] },
  ranks: "each",
  filter: "lr=0.1 adam",
  sort: { column: "summary.val/loss", descending: false },
  step: 180,
};

test("defaults make an empty query, and an empty query the defaults", () => {
  expect(encodeView(DEFAULT_VIEW)).toBe("");
  expect(decodeView("")).toEqual(DEFAULT_VIEW);
});

test("everything survives the way through the URL", () => {
  expect(decodeView(encodeView(FULL))).toEqual(FULL);
  expect(decodeView(`?${encodeView(FULL)}`)).toEqual(FULL);
});

test("the query is readable", () => {
  expect(encodeView({ ...DEFAULT_VIEW, x: "epoch", smoothing: 0.6, logY: true, query: "loss|acc", zoom: { from: 0, to: 5e4, x: null } })).toBe(
    "x=epoch&s=twema:.6&y=log&q=loss|acc&zoom=0:50000",
  );
  expect(encodeView({ ...DEFAULT_VIEW, runs: { kind: "newest", count: 3 }, ranks: "all", band: false })).toBe("band=off&ranks=all&r=newest:3");
});

test("short names stand for the axes of every run, and a key of that name stays apart", () => {
  expect(encodeView({ ...DEFAULT_VIEW, x: "_runtime" })).toBe("x=relative");
  expect(decodeView("x=wall").x).toBe("_timestamp");
  for (const x of ["step", "wall", "key:odd"]) expect(decodeView(encodeView({ ...DEFAULT_VIEW, x })).x).toBe(x);
});

test("a zoom can name its own axis, with colons in it", () => {
  const zoom = { from: -1e-7, to: 3, x: "a:b" };
  expect(decodeView(encodeView({ ...DEFAULT_VIEW, zoom })).zoom).toEqual(zoom);
});

test("what cannot be read becomes the default", () => {
  const view = decodeView("s=twema:9&zoom=5:1&r=newest:many&ranks=some&y=sqrt&band=maybe&step=-1.5");
  expect(view).toEqual(DEFAULT_VIEW);
  expect(decodeView("zoom=::&s=.6&r=id:%25E0%25").zoom).toBeNull();
  expect(decodeView("zoom=1:Infinity").zoom).toBeNull();
});

test("no run selected is not the default selection", () => {
  expect(encodeView({ ...DEFAULT_VIEW, runs: { kind: "ids", ids: [] } })).toBe("r=none");
  expect(decodeView("r=none").runs).toEqual({ kind: "ids", ids: [] });
});
