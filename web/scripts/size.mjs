// Fails when the JavaScript that the first workspace needs (React, uPlot and the app) is above 150 KiB gzipped.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_BYTES = 150 * 1024;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const gzippedBytes = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;

const initial = new Set();
function visit(name) {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`${name} is not in the manifest`);
  if (initial.has(chunk.file)) return;
  initial.add(chunk.file);
  for (const imported of chunk.imports ?? []) visit(imported);
}
visit("index.html");
visit("src/panels/line/View.tsx");

const total = [...initial].reduce((sum, file) => sum + gzippedBytes(file), 0);
for (const file of readdirSync(new URL("assets/", dist))) {
  const path = `assets/${file}`;
  console.log(`${(gzippedBytes(path) / 1024).toFixed(1).padStart(8)} KiB gz  ${initial.has(path) ? "initial" : "       "}  ${path}`);
}
console.log(`initial JavaScript ${(total / 1024).toFixed(1)} KiB gz of ${LIMIT_BYTES / 1024}`);
if (total > LIMIT_BYTES) process.exit(1);
