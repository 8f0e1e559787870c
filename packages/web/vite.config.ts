import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `vite dev` finds a running pipeline; the built page is served by that pipeline itself. */
const PIPELINE = "http://127.0.0.1:3000";
const API_PATHS = ["/v1", "/docs", "/openapi.json", "/healthz"];

export default defineConfig({
  plugins: [react()],
  build: { target: "es2022", assetsInlineLimit: 0, reportCompressedSize: true },
  server: { proxy: Object.fromEntries(API_PATHS.map((path) => [path, PIPELINE])) },
});
