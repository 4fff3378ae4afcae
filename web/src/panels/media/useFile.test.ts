// Reasons why a file cannot be shown.
import { expect, test } from "vitest";
import { ApiError } from "../../api/client";
import { fileProblem } from "./useFile";

const refused = (status: number) => new ApiError(status, "code", "what the server says");

test("a file that is still with its writer is waited for", () => {
  expect(fileProblem(refused(503), false)).toEqual({ waiting: true, text: "Still on its way." });
});

test("a file that nobody knows may still come while its run writes, and is missing after", () => {
  expect(fileProblem(refused(404), true).waiting).toBe(true);
  expect(fileProblem(refused(404), false)).toEqual({ waiting: false, text: "The file is missing." });
});

test("every other refusal is told as the server tells it", () => {
  expect(fileProblem(refused(500), true)).toEqual({ waiting: false, text: "what the server says" });
  expect(fileProblem(new TypeError("no table"), true)).toEqual({ waiting: false, text: "no table" });
});
