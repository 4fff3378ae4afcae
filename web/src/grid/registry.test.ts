// The registry finds every panel folder, and each type wins for its own fixture.
import { expect, test } from "vitest";
import type { PanelFixture } from "../panels/fixture";
import { panelTypeOf, panelTypes, summaryTypeOf } from "./registry";

const panels = import.meta.glob<{ default: { type: string } }>("../panels/*/panel.ts", { eager: true });
const fixtures = import.meta.glob<{ default: PanelFixture<unknown> }>("../panels/*/fixture.ts", { eager: true });
const views = import.meta.glob("../panels/*/View.tsx");

test("a panel type is called like its folder and has a view and a fixture", () => {
  const folders = Object.keys(panels).map((path) => path.split("/")[2] as string);
  expect(folders).toEqual(expect.arrayContaining(["line", "hist-heatmap", "hist-spark", "scalar", "text", "unknown"]));
  for (const folder of folders) {
    expect(panels[`../panels/${folder}/panel.ts`]?.default.type).toBe(folder);
    expect(Object.keys(views)).toContain(`../panels/${folder}/View.tsx`);
    expect(Object.keys(fixtures)).toContain(`../panels/${folder}/fixture.ts`);
  }
  expect(panelTypes.length).toBe(folders.length);
});

test.each(Object.entries(fixtures).map(([path, module]) => [path.split("/")[2] as string, module.default.subject] as const))(
  "%s shows its own fixture",
  (folder, subject) => {
    const type = subject.place === "workspace" ? panelTypeOf(subject.keyInfo, subject.anyRunning) : summaryTypeOf(subject.value);
    expect(type?.type).toBe(folder);
  },
);

test("one value per run is a line while a run can still log a second one", () => {
  const keyInfo = { key: "best", kinds: ["number"], runs: 2, points: 2, first_step: 0, last_step: 0 };
  expect(panelTypeOf(keyInfo, true).type).toBe("line");
  expect(panelTypeOf({ ...keyInfo, points: 3 }, false).type).toBe("line");
});

test("a summary value that text can tell has no drawing", () => {
  expect(summaryTypeOf(1.5)).toBeNull();
});
