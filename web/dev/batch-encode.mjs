// Answers series:batch for the fake server: buckets on power-of-two edges, exact points when they are few, the binary layout.
import { findProject, seriesOf } from "./synthetic.mjs";

const X_COLUMNS = { _step: "step", _runtime: "runtime", _timestamp: "timestamp" };

function rows(project, run, key, rank, x, from, to) {
  const series = seriesOf(project, run, key, rank);
  if (!series) return null;
  let xs = series[X_COLUMNS[x]];
  if (!xs) {
    const other = seriesOf(project, run, x, rank);
    if (!other) return null;
    xs = series.step.map((step) => other.value[Math.min(other.length - 1, step)]);
  }
  let [a, b] = [0, series.length];
  while (from !== null && a < b && xs[a] < from) a++;
  while (to !== null && b > a && xs[b - 1] > to) b--;
  return { xs: xs.subarray(a, b), ys: series.value.subarray(a, b), version: series.length };
}

function bucketed(parts, width) {
  const buckets = new Map();
  for (const { xs, ys } of parts) {
    const own = new Map();
    for (let i = 0; i < xs.length; i++) {
      const index = Math.floor(xs[i] / width);
      let b = own.get(index);
      if (!b) {
        b = { sum: 0, n: 0, min: NaN, max: NaN, first: ys[i], last: 0, count: 0 };
        own.set(index, b);
      }
      const y = ys[i];
      b.last = y;
      b.count += 1;
      if (Number.isNaN(y)) continue;
      b.sum += y;
      b.n += 1;
      b.min = Number.isNaN(b.min) ? y : Math.min(b.min, y);
      b.max = Number.isNaN(b.max) ? y : Math.max(b.max, y);
    }
    for (const [index, b] of own) {
      const mean = b.n === 0 ? NaN : b.sum / b.n;
      const all = buckets.get(index);
      if (!all) buckets.set(index, { ...b, means: [mean] });
      else Object.assign(all, { means: [...all.means, mean], min: Math.min(all.min, b.min), max: Math.max(all.max, b.max), count: all.count + b.count });
    }
  }
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([index, b]) => ({ x: (index + 0.5) * width, mean: b.means.reduce((s, m) => s + m, 0) / b.means.length, ...b, means: undefined }));
}

export function encodeBatch(batch, extra = {}) {
  const project = findProject(batch.entity, batch.project);
  const columns = [];
  let offset = 0;
  const put = (array, type) => {
    const at = offset;
    columns.push([at, array]);
    offset += Math.ceil(array.byteLength / 8) * 8;
    return [at, type];
  };
  const panels = batch.panels.map((panel) => {
    const read = panel.series.map((ref) => {
      const run = project?.runs.find((r) => r.run === ref.run);
      const ranks = ref.label === "*" ? Array.from({ length: run?.ranks ?? 1 }, (_, i) => i) : [ref.label === null ? 0 : Number(ref.label.slice(4))];
      return { ref, parts: run ? ranks.map((rank) => rows(project, run, ref.key, rank, panel.x, panel.from, panel.to)).filter(Boolean) : [] };
    });
    let [min, max] = [Infinity, -Infinity];
    for (const { parts } of read) for (const { xs } of parts) if (xs.length) [min, max] = [Math.min(min, xs[0]), Math.max(max, xs[xs.length - 1])];
    let width = 2 ** -20;
    while (Math.floor(max / width) - Math.floor(min / width) + 1 > panel.buckets) width *= 2;
    const series = read.map(({ ref, parts }) => {
      const points = parts.reduce((sum, { xs }) => sum + xs.length, 0);
      const base = { ...ref, points, version: parts[0]?.version ?? 0 };
      if (points === 0) return { ...base, exact: true, length: 0, columns: {} };
      if (parts.length === 1 && points <= 2 * panel.buckets)
        return {
          ...base,
          exact: true,
          length: points,
          columns: { x: put(Float64Array.from(parts[0].xs), "f64"), mean: put(Float64Array.from(parts[0].ys), "f64") },
        };
      const buckets = bucketed(parts, width);
      const named = Object.fromEntries(
        ["x", "mean", "min", "max", "first", "last"].map((name) => [
          name,
          put(
            Float64Array.from(buckets, (b) => b[name]),
            "f64",
          ),
        ]),
      );
      return {
        ...base,
        exact: false,
        length: buckets.length,
        columns: {
          ...named,
          count: put(
            Uint32Array.from(buckets, (b) => b.count),
            "u32",
          ),
        },
      };
    });
    return { id: panel.id, x: panel.x, bucket_width: Number.isFinite(min) ? width : null, series };
  });
  let header = Buffer.from(JSON.stringify({ panels, ...extra }));
  header = Buffer.concat([header, Buffer.alloc((8 - ((4 + header.length) % 8)) % 8, " ")]);
  const out = Buffer.alloc(4 + header.length + offset);
  out.writeUInt32LE(header.length, 0);
  header.copy(out, 4);
  for (const [at, array] of columns) Buffer.from(array.buffer, array.byteOffset, array.byteLength).copy(out, 4 + header.length + at);
  return out;
}
