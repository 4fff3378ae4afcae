// Synthetic projects for the fake server: runs, metrics with noise and spikes, histograms and text, some of them growing.

const START_MILLIS = Date.now();
const GROWTH_PER_SECOND = 12;

/** A number in 0..1 that depends on nothing but its arguments. */
export function noise(seed, n) {
  let h = (seed * 374761393 + n * 668265263) | 0;
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

const hash = (text) => [...text].reduce((h, c) => (Math.imul(h, 31) + c.charCodeAt(0)) | 0, 7);

const NAMES =
  "calm-heron brisk-lotus amber-delta lucid-comet quiet-cedar vivid-otter dusky-ember solar-quartz north-ridge royal-pixel misty-maple rapid-fjord".split(" ");

function makeRuns(entity, project, { count, steps, running, ranked }) {
  return Array.from({ length: count }, (_, i) => ({
    entity,
    project,
    run: `r${String(i).padStart(4, "0")}x${(hash(project + i) >>> 0).toString(36).slice(0, 4)}`,
    name: `${NAMES[i % NAMES.length]}-${17 + i}`,
    slot: i,
    seed: hash(project) + i * 101,
    running: i >= count - running,
    baseSteps: steps === 0 ? 0 : i >= count - running ? Math.round(steps * (0.35 + 0.2 * (i % 3))) : steps,
    createdMillis: START_MILLIS - (count - i) * 3600e3 * 5,
    ranks: i === ranked ? 4 : 1,
    lossy: i === 2,
    state: i >= count - running ? "running" : i === 4 ? "failed" : i === 6 ? "crashed" : "finished",
  })).reverse();
}

/** [key, step stride, value at (seed, step, run)] */
const decay = (floor, scale) => (seed, n) => {
  const speed = 9000 + 5000 * noise(seed, 1);
  const spike = noise(seed + 5, n) > 0.99985 ? 0.8 : 0;
  return (
    floor +
    0.25 * noise(seed, 2) +
    scale * (0.8 + 0.5 * noise(seed, 3)) * Math.exp(-n / speed) +
    (noise(seed + 9, n) - 0.5) * 0.16 * (0.4 + Math.exp(-n / 20000)) +
    spike
  );
};
const rise = (top) => (seed, n) =>
  top * (0.82 + 0.15 * noise(seed, 2)) * (1 - Math.exp(-n / (7000 + 6000 * noise(seed, 1)))) + (noise(seed + 9, n) - 0.5) * 0.08;
const METRICS = [
  ["train/loss", 1, decay(0.3, 1.8)],
  ["train/accuracy", 1, rise(1)],
  ["train/grad_norm", 1, (seed, n) => 0.3 + 2.4 * Math.exp(-n / 15000) * (0.5 + noise(seed + 3, n)) + (noise(seed + 8, n) > 0.9997 ? 2.5 : 0)],
  ["train/lr", 1, (seed, n) => 3e-4 * Math.min(1, n / 2000) * Math.exp(-n / 30000) * (0.5 + noise(seed, 4))],
  ["train/unstable", 50, (seed, n) => (n % 4000 < 300 ? NaN : n % 7000 < 100 ? Infinity : Math.sin(n / 3000 + noise(seed, 1) * 6))],
  ["val/loss", 500, decay(0.35, 1.6)],
  ["val/accuracy", 500, rise(0.97)],
  ["val/f1", 500, rise(0.93)],
  ["epoch", 1, (_, n) => Math.floor(n / 1000)],
  ["system/gpu.0.util", 5, (seed, n) => 0.9 - 0.9 * Math.exp(-n / 9000) + (noise(seed + 1, n) - 0.5) * 0.35],
  ["system/mem.rss_gb", 5, (seed, n) => 12 + 4 * (1 - Math.exp(-n / 8000)) + noise(seed, 2)],
  ["system/disk.write_mb", 5, (seed, n) => 40 * Math.exp(-n / 14000) * (0.6 + 0.8 * noise(seed + 2, n))],
  ["best_accuracy", 0, (seed) => 0.9 + 0.08 * noise(seed, 7)],
];

const PROJECTS = [
  {
    entity: "team",
    project: "vision-pretrain",
    metrics: METRICS,
    other: true,
    runs: makeRuns("team", "vision-pretrain", { count: 12, steps: 49500, running: 3, ranked: 9 }),
  },
  {
    entity: "team",
    project: "small",
    metrics: METRICS.slice(0, 8),
    other: true,
    runs: makeRuns("team", "small", { count: 3, steps: 300, running: 0, ranked: -1 }),
  },
  {
    entity: "team",
    project: "huge",
    metrics: Array.from({ length: 1000 }, (_, i) => [`s${i % 20}/metric_${i}`, 10, decay(0.2 + (i % 7) / 10, 1 + (i % 5))]),
    other: false,
    runs: makeRuns("team", "huge", { count: 100, steps: 20000, running: 0, ranked: -1 }),
  },
  { entity: "team", project: "empty", metrics: [], other: false, runs: makeRuns("team", "empty", { count: 1, steps: 0, running: 0, ranked: -1 }) },
  { entity: "team", project: "no-runs", metrics: [], other: false, runs: [] },
];

export const projects = () => PROJECTS;
export const findProject = (entity, project) => PROJECTS.find((p) => p.entity === entity && p.project === project);

export function stepsOf(run) {
  return run.baseSteps + (run.running ? Math.floor(((Date.now() - START_MILLIS) / 1000) * GROWTH_PER_SECOND) : 0);
}

const columns = new Map();

/** {step, runtime, timestamp, value} arrays of one series, growing with its run; null when there is none. */
export function seriesOf(project, run, key, rank) {
  const metric = project.metrics.find(([name]) => name === key);
  if (!metric || run.baseSteps === 0) return null;
  const [, stride, value] = metric;
  const wanted = stride === 0 ? 1 : Math.floor((stepsOf(run) - 1) / stride) + 1;
  const id = `${run.run}/${key}/${rank}`;
  let held = columns.get(id);
  if (!held || held.capacity < wanted) {
    const capacity = run.running ? wanted * 2 : wanted;
    const grown = {
      capacity,
      length: 0,
      step: new Float64Array(capacity),
      runtime: new Float64Array(capacity),
      value: new Float64Array(capacity),
      timestamp: new Float64Array(capacity),
    };
    if (held) for (const name of ["step", "runtime", "value", "timestamp"]) grown[name].set(held[name].subarray(0, held.length));
    grown.length = held?.length ?? 0;
    held = grown;
    columns.set(id, held);
  }
  const seed = run.seed + hash(key) * 13 + rank * 7777;
  const perStep = 0.05 + 0.03 * noise(run.seed, 11);
  for (let i = held.length; i < wanted; i++) {
    const step = stride === 0 ? stepsOf(run) - 1 : i * stride;
    held.step[i] = step;
    held.runtime[i] = step * perStep;
    held.timestamp[i] = run.createdMillis / 1000 + step * perStep;
    held.value[i] = value(seed, step);
  }
  held.length = wanted;
  return held;
}

export function histogramOf(run, step) {
  const spread = 0.4 + 1.4 * Math.exp(-step / 12000);
  const centre = 0.5 * Math.sin(step / 9000 + noise(run.seed, 3));
  const n = 32;
  const bins = Array.from({ length: n + 1 }, (_, i) => centre + spread * (-3 + (6 * i) / n));
  const values = Array.from({ length: n }, (_, i) => {
    const z = -3 + (6 * (i + 0.5)) / n;
    return Math.round(900 * Math.exp(-z * z) + 300 * Math.exp(-((z - 1.6) ** 2) * 5) + 20 * noise(run.seed + i, step));
  });
  return { bins, values };
}
export const HISTOGRAM_STRIDE = 250;
const WORDS = "the well steps down to water carved stone light falls deep".split(" ");
export const sampleText = (run, step) => Array.from({ length: 9 }, (_, i) => WORDS[Math.floor(noise(run.seed + i, step) * WORDS.length)]).join(" ");

const json = (v) => (Number.isFinite(v) ? v : { _type: "float", value: String(v) });

export function runInfo(project, run) {
  const steps = stepsOf(run);
  const summary = {};
  for (const [key] of project.metrics.slice(0, 40)) {
    const series = seriesOf(project, run, key, 0);
    if (series) summary[key] = json(series.value[series.length - 1]);
  }
  if (project.other && steps > 0) {
    summary["weights/layer1"] = { _type: "histogram", ...histogramOf(run, steps - 1) };
    summary["samples/caption"] = sampleText(run, steps - 1);
    summary["samples/image"] = { _type: "image-file", path: "media/images/0.png", width: 96, height: 64 };
    summary["total_flops"] = { _type: "int", value: "9223372036854775807" };
    summary["_timestamp"] = run.running ? Date.now() / 1000 - 0.4 : run.createdMillis / 1000 + steps * 0.06;
  }
  return {
    entity: run.entity,
    project: run.project,
    run: run.run,
    name: run.name,
    state: run.state,
    created_us: run.createdMillis * 1000,
    heartbeat_us: (run.running ? Date.now() : run.createdMillis + steps * 60) * 1000,
    runtime_s: steps * 0.06,
    slot: run.slot,
    tags: run.slot % 3 === 0 ? ["baseline"] : [],
    notes: run.slot === 1 ? "first with warmup" : null,
    group: run.slot % 2 ? "sweep-a" : null,
    job_type: null,
    exit_code: run.state === "running" || run.state === "crashed" ? null : run.state === "failed" ? 1 : 0,
    labels: Array.from({ length: run.ranks }, (_, rank) => ({ label: `rank${rank}`, rank })),
    config: {
      lr: Number((3e-4 * (0.5 + noise(run.seed, 4))).toPrecision(3)),
      batch_size: 64 << (run.slot % 4),
      optimizer: { name: run.slot % 2 ? "adamw" : "lion", weight_decay: 0.01 * (run.slot % 5) },
      model: "vit-small",
      augment: run.slot % 2 === 0,
      layers: [2, 4, 8],
    },
    summary,
    last_step: steps === 0 ? null : steps - 1,
    rows: steps,
    loss: run.lossy ? { sampled_rows: 1200, lost_rows: 3 } : { sampled_rows: 0, lost_rows: 0 },
  };
}

export function keysOf(project, runs) {
  const withData = runs.filter((run) => run.baseSteps > 0);
  if (withData.length === 0) return [];
  const keys = project.metrics.map(([key, stride]) => {
    const points = withData.reduce((sum, run) => sum + (stride === 0 ? 1 : Math.floor(stepsOf(run) / stride) + 1), 0);
    return { key, kinds: ["number"], runs: withData.length, points, first_step: 0, last_step: Math.max(...withData.map(stepsOf)) - 1 };
  });
  if (!project.other) return keys;
  const other = (key, kind) => ({ key, kinds: [kind], runs: withData.length, points: withData.length * 100, first_step: 0, last_step: 0 });
  return [
    ...keys,
    other("weights/layer1", "histogram"),
    other("weights/layer2", "histogram"),
    other("samples/caption", "string"),
    other("samples/image", "image-file"),
  ];
}
