// Implements docs/http-api.md over synthetic data, and serves the built dashboard under its content policy.
//
// `node dev/fake-server.mjs [port]`, on loopback only.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { encodeBatch } from "./batch-encode.mjs";
import { imageRecord, pictureOf } from "./pictures.mjs";
import { findProject, HISTOGRAM_STRIDE, histogramOf, keysOf, projects, runInfo, sampleText, stepsOf } from "./synthetic.mjs";

const PORT = Number(process.argv[2] ?? 8787);
const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };

class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

function project(query) {
  const found = findProject(query.entity, query.project);
  if (!found) throw new Refusal(404, "not_found", `there is no project ${query.entity}/${query.project}`);
  return found;
}

function run(query) {
  const found = project(query).runs.find((r) => r.run === query.run);
  if (!found) throw new Refusal(404, "not_found", `there is no run ${query.run}`);
  return found;
}

const evenly = (n, count) => (n <= count ? [...Array(n).keys()] : Array.from({ length: count }, (_, i) => Math.round((i * (n - 1)) / (count - 1))));

const GET = {
  "/status": () => ({
    version: "0.1.0",
    mode: "local",
    started_us: 0,
    directory: "synthetic",
    backlog: { read_bytes: 0, left_bytes: 0 },
  }),
  "/projects": () => ({
    projects: projects().map((p) => ({
      entity: p.entity,
      name: p.project,
      runs: p.runs.length,
      running: p.runs.filter((r) => r.running).length,
      last_activity_us: p.runs.length ? (p.runs[0].running ? Date.now() : p.runs[0].createdMillis) * 1000 : null,
    })),
  }),
  "/runs": (q) => {
    const p = project(q);
    const [offset, limit] = [Number(q.offset ?? 0), Number(q.limit ?? 100)];
    return { runs: p.runs.slice(offset, offset + limit).map((r) => runInfo(p, r)), total: p.runs.length };
  },
  "/run": (q) => runInfo(project(q), run(q)),
  "/keys": (q, params) => {
    const p = project(q);
    const named = params.getAll("run");
    return {
      keys: keysOf(p, named.length ? p.runs.filter((r) => named.includes(r.run)) : p.runs),
      metrics: [{ name: "val/f1", step_metric: "epoch", hidden: false, summary: [], goal: null }],
    };
  },
};

const POST = {
  "/histograms": (q) => {
    const r = run(q);
    const total = Math.floor(stepsOf(r) / HISTOGRAM_STRIDE) + 1;
    const steps = evenly(total, q.columns).map((i) => i * HISTOGRAM_STRIDE);
    const all = steps.map((step) => histogramOf(r, step));
    return { points: total, steps, bins: all.map((h) => h.bins), values: all.map((h) => h.values) };
  },
  "/values": (q) => {
    const r = run(q);
    const total = Math.floor(stepsOf(r) / 500) + 1;
    const values = Array.from({ length: Math.min(total, q.limit) }, (_, i) => (Math.max(0, total - q.limit) + i) * 500).map((step) =>
      q.key === "samples/image" ? { step, kind: "image-file", value: imageRecord(step) } : { step, kind: "string", value: sampleText(r, step) },
    );
    return { points: total, values };
  },
};

async function answer(request, response) {
  const url = new URL(request.url, "http://localhost");
  if (!url.pathname.startsWith("/api/v1")) return serveFile(url.pathname, response);
  const path = url.pathname.slice("/api/v1".length);
  try {
    if (request.method === "POST") {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = JSON.parse(Buffer.concat(chunks).toString());
      if (path === "/series:batch") return send(response, "application/octet-stream", encodeBatch(body));
      if (POST[path]) return send(response, "application/json", JSON.stringify(POST[path](body)));
    } else if (path === "/file") {
      const picture = pictureOf(url.searchParams.get("path") ?? "");
      if (picture !== null) return send(response, "image/png", picture);
    } else if (GET[path]) {
      return send(response, "application/json", JSON.stringify(GET[path](Object.fromEntries(url.searchParams), url.searchParams)));
    }
    throw new Refusal(404, "not_found", `there is no ${request.method} ${path}`);
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error);
    response
      .writeHead(error.status ?? 500, { "content-type": "application/json" })
      .end(JSON.stringify({ error: { code: error.code ?? "internal", message: error.message } }));
  }
}

const send = (response, type, body) => response.writeHead(200, { "content-type": type }).end(body);

async function serveFile(path, response) {
  const wanted = normalize(path).replace(/^(\.\.[/\\])+/, "");
  const file = extname(wanted) === "" ? "index.html" : wanted;
  try {
    const content = await readFile(join(DIST, file));
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY }).end(content);
  } catch {
    response.writeHead(404).end("not found; run npm run build first");
  }
}

const server = createServer((request, response) => void answer(request, response));
const sockets = new WebSocketServer({ server, path: "/api/v1/live" });
sockets.on("connection", (socket) => {
  let [watching, paused, seq] = [null, false, 0];
  const sent = new Map();
  const push = (first) => {
    if (!watching || paused) return;
    const p = findProject(watching.batch.entity, watching.batch.project);
    const grown = (ref) => first || p?.runs.find((r) => r.run === ref.run)?.running;
    const panels = watching.batch.panels.map((panel) => ({ ...panel, series: panel.series.filter(grown) })).filter((panel) => panel.series.length > 0);
    const server_us = Date.now() * 1000;
    if (panels.length) socket.send(encodeBatch({ ...watching.batch, panels }, { subscription: watching.id, seq: seq++, server_us }));
    const runs = (p?.runs ?? []).filter((r) => r.running && sent.get(r.run) !== stepsOf(r));
    for (const r of runs) sent.set(r.run, stepsOf(r));
    if (runs.length) socket.send(JSON.stringify({ op: "runs", runs: runs.map((r) => runInfo(p, r)), server_us }));
  };
  socket.on("message", (data) => {
    const message = JSON.parse(data.toString());
    if (message.op === "subscribe") {
      watching = message;
      push(true);
    } else if (message.op === "pause" || message.op === "resume") paused = message.op === "pause";
    else socket.send(JSON.stringify({ op: "error", message: `unknown op ${message.op}` }));
  });
  const timer = setInterval(() => push(false), 500);
  socket.on("close", () => clearInterval(timer));
});
server.listen(PORT, "127.0.0.1", () => console.log(`fake server on http://127.0.0.1:${PORT}`));
