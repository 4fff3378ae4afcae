// Entries of the palette.
import { expect, test } from "vitest";
import { rankEntries } from "./rank";

test("all words must occur; names that begin with the first come first", () => {
  const entries = ["val/train_gap", "train/loss", "loss", "Train Loss"].map((name) => ({ name }));
  const names = (text: string) => rankEntries(entries, text).map(({ name }) => name);
  expect(names("train")).toEqual(["train/loss", "Train Loss", "val/train_gap"]);
  expect(names("loss train")).toEqual(["train/loss", "Train Loss"]);
  expect(names("  ")).toHaveLength(4);
});
