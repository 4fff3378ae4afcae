// Every shipped preset, compiled and rendered by Vega with example data: without warnings, readable on light
// and on dark.
import { parse, View } from "vega";
import { compile } from "vega-lite";
import { describe, expect, it } from "vitest";
import cases from "./cases.json";
import { type ChartFields, fill, type Row, type Spec } from "./fill";

const presets = import.meta.glob<Spec>("../../../rust/server/presets/wandb/**/*.json", { eager: true, import: "default" });

const sine = Array.from({ length: 60 }, (_, i) => ({ i, value: Math.sin(i / 6) * (1 + (i % 3)), kind: `k${i % 3}` }));
const classes = ["cat", "dog", "bird"];

/**
 * What the functions of stepwell.plot give each preset, the columns named so that they have to be escaped.
 */
const EXAMPLES: { [preset: string]: { chart: ChartFields; rows: Row[]; marks: [kind: string, least: number]; says: string[] } } = {
  "line/v0": {
    chart: { fields: { x: "a.b", y: 'loss [mean] "q"', stroke: "it's\\" }, string_fields: { title: "Loss & more" } },
    rows: sine.map(({ i, value, kind }) => ({ "a.b": i, 'loss [mean] "q"': value, "it's\\": kind })),
    marks: ["mark-line", 3],
    says: ["Loss &amp; more", "a.b", 'loss [mean] "q"', "it's⧵", "k0", "k2"],
  },
  "scatter/v0": {
    chart: { fields: { x: "class_x", y: "class_y" }, string_fields: { title: "" } },
    rows: sine.map(({ i, value }) => ({ class_x: i, class_y: value })),
    marks: ["mark-symbol", 60],
    says: ["class_x", "class_y"],
  },
  "bar/v0": {
    chart: { fields: { label: "label", value: "value" }, string_fields: { title: "Custom Bar Chart" } },
    rows: classes.map((label, i) => ({ label, value: 3 - i })),
    marks: ["mark-rect", 3],
    says: ["Custom Bar Chart", "cat", "dog", "bird"],
  },
  "histogram/v0": {
    chart: { fields: { value: "scores" }, string_fields: { title: "Scores" } },
    rows: sine.map(({ value }) => ({ scores: value })),
    marks: ["mark-rect", 5],
    says: ["Scores", "scores", "count"],
  },
  "lineseries/v0": {
    chart: { fields: { step: "step", lineKey: "lineKey", lineVal: "lineVal" }, string_fields: { title: "Two", xname: '$\\alpha$ "x"' } },
    rows: sine.map(({ i, value }) => ({ step: i >> 1, lineKey: `line_${i % 2}`, lineVal: value })),
    marks: ["mark-line", 2],
    says: ["Two", '$⧵alpha$ "x"', "line_0", "line_1"],
  },
  "area-under-curve/v0": {
    chart: {
      fields: { x: "fpr", y: "tpr", class: "class" },
      string_fields: { title: "ROC Curve", "x-axis-title": "False positive rate", "y-axis-title": "True positive rate" },
    },
    rows: classes.flatMap((kind, c) => Array.from({ length: 11 }, (_, i) => ({ class: kind, fpr: i / 10, tpr: (i / 10) ** (1 / (c + 2)) }))),
    marks: ["mark-area", 3],
    says: ["ROC Curve", "False positive rate", "True positive rate", "cat"],
  },
  "confusion_matrix/v1": {
    chart: { fields: { Actual: "Actual", Predicted: "Predicted", nPredictions: "n.p's" }, string_fields: { title: "Confusion" } },
    rows: classes.flatMap((Actual, i) => classes.map((Predicted, j) => ({ Actual, Predicted, "n.p's": i === j ? 40 + i : j }))),
    marks: ["mark-rect", 9],
    says: ["Confusion", "Actual", "Predicted", "42", "bird"],
  },
};

/** Renders a complete specification and returns the picture with everything that was complained about. */
async function render(spec: Spec): Promise<{ svg: string; complaints: string[] }> {
  const complaints: string[] = [];
  const complain = (...said: readonly unknown[]) => {
    complaints.push(said.join(" "));
    return logger;
  };
  const silent = () => logger;
  const level = ((given?: number) => (given === undefined ? 2 : logger)) as { (): number; (level: number): typeof logger };
  const logger = { error: complain, warn: complain, info: silent, debug: silent, level };
  const compiled = compile(spec as unknown as Parameters<typeof compile>[0], { logger }).spec;
  const view = new View(parse(compiled), { renderer: "none", logger });
  const svg = await view.toSVG();
  view.finalize();
  return { svg, complaints };
}

/** How many items the marks of a kind have. */
function count(svg: string, kind: string): number {
  const groups = svg.match(new RegExp(`<g class="${kind} role-mark[^]*?</g>`, "g")) ?? [];
  return groups.reduce((sum, group) => sum + (group.match(/<path /g) ?? []).length, 0);
}

describe("a shipped preset", () => {
  const names = Object.keys(presets).map((path) => path.replace(/^.*\/wandb\/(.*)\.json$/, "$1"));
  const preset = (name: string): Spec => presets[`../../../rust/server/presets/wandb/${name}.json`] as Spec;

  it("has an example here", () => {
    expect(names.sort()).toEqual(Object.keys(EXAMPLES).sort());
  });

  for (const [name, { chart, rows, marks, says }] of Object.entries(EXAMPLES)) {
    it(`${name} renders its data without a warning`, async () => {
      const { svg, complaints } = await render(fill(preset(name), chart, rows));
      expect(complaints).toEqual([]);
      expect(count(svg, marks[0])).toBeGreaterThanOrEqual(marks[1]);
      for (const text of says) expect(svg).toContain(`>${text}<`);
      expect(svg).not.toMatch(/\$\{|NaN|undefined/);
    });

    it(`${name} renders a table without rows`, async () => {
      expect((await render(fill(preset(name), chart, []))).complaints.filter((said) => !said.includes("Infinite extent"))).toEqual([]);
    });
  }

  it("joins the points of a line in the order of the rows", async () => {
    const rows = [
      { x: 0, y: 0 },
      { x: 2, y: 1 },
      { x: 1, y: 2 },
    ];
    const chart = { fields: { x: "x", y: "y" }, string_fields: {} };
    const { svg, complaints } = await render(fill(preset("line/v0"), chart, rows));
    expect(complaints).toEqual([]);
    expect(svg).not.toContain("role-legend");
    const line = /mark-line role-mark[\s\S]*?<path [^>]* d="([^"]*)"/.exec(svg)?.[1] ?? "";
    const xs = [...line.matchAll(/[ML]([\d.]+),/g)].map(([, x]) => Number(x));
    expect(xs).toEqual([0, 480, 240]);
  });

  it("can be read on a light and on a dark page", () => {
    const colours = new Set(names.flatMap((name) => JSON.stringify(preset(name)).match(/#[0-9a-f]{6}/g) ?? []));
    // White stands on the darkest cells of a confusion matrix only.
    colours.delete("#ffffff");
    expect(colours.size).toBeGreaterThan(5);
    for (const colour of colours) {
      for (const page of ["#ffffff", "#14171d"]) expect(contrast(colour, page), `${colour} on ${page}`).toBeGreaterThanOrEqual(3);
    }
  });

  it("loads nothing and looks like the others", () => {
    for (const name of names) {
      const { $schema, ...rest } = preset(name);
      expect($schema).toBe("https://vega.github.io/schema/vega-lite/v6.json");
      expect(JSON.stringify(rest)).not.toMatch(/https?:|"url"/);
      expect(rest["config"], name).toEqual(preset("line/v0")["config"]);
    }
  });
});

describe("filling a specification", () => {
  for (const { what, spec, chart, rows, filled } of cases) {
    it(what, () => {
      expect(fill(spec as unknown as Spec, chart as unknown as ChartFields, rows)).toEqual(filled);
    });
  }
});

/** The contrast of WCAG 2. */
function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const channel = (at: number) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}
