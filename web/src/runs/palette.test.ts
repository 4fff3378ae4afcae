// Colours and dashes of run slots.
import { expect, test } from "vitest";
import { runColor, runDash } from "./palette";

test("a slot has its own colour in each theme, and the 21st is the first again", () => {
  for (const theme of ["dark", "light"] as const) {
    const colors = Array.from({ length: 20 }, (_, slot) => runColor(slot, theme));
    expect(new Set(colors).size).toBe(20);
    expect(colors.every((color) => /^#[0-9A-F]{6}$/.test(color))).toBe(true);
    expect(runColor(20, theme)).toBe(colors[0]);
    expect(runColor(-1, theme)).toBe(colors[19]);
  }
  expect([runColor(0, "light"), runColor(0, "dark"), runColor(19, "light"), runColor(19, "dark")]).toEqual(["#6F69D2", "#B8ADE6", "#4A3595", "#C0C9FE"]);
});

test("the first eight slots are solid, later ones dashed", () => {
  expect(runDash(7)).toEqual([]);
  expect(runDash(8).length).toBeGreaterThan(0);
  expect(runDash(8)).not.toEqual(runDash(9));
});

function contrast(a: string, b: string): number {
  const luminance = (color: string) => {
    const [r, g, blue] = [1, 3, 5].map((at) => {
      const share = parseInt(color.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

test("every colour stands out from its card", () => {
  for (let slot = 0; slot < 20; slot++) {
    expect(contrast(runColor(slot, "light"), "#FFFFFF")).toBeGreaterThan(3);
    expect(contrast(runColor(slot, "dark"), "#14171D")).toBeGreaterThan(4);
  }
});
