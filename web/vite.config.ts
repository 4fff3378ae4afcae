// The build: one page, relative to the root, no external resource, with a manifest for the size check.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const apiOrigin = process.env["STEPWELL_API"] ?? "http://127.0.0.1:8787";

export default defineConfig({
  base: "/",
  plugins: [react()],
  build: { manifest: true, target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { host: "127.0.0.1", proxy: { "/api": { target: apiOrigin, ws: true } } },
  test: { environment: "node", include: ["{src,tests}/**/*.test.ts"] },
});
