import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.{ts,tsx}", "test/**/*.test.ts"],
    // It deploys first: see `npm run test:infra`.
    exclude: ["test/infra/**", "**/node_modules/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One for each core of a small machine: most of the time goes by waiting for processes and browsers.
    maxWorkers: 2,
    coverage: {
      provider: "v8",
      include: ["packages/core/src/**/*.ts"],
      exclude: ["**/*.test.ts"],
      reporter: ["text-summary", "json-summary"],
      // The core is pure, so every line can be reached; some branches only satisfy noUncheckedIndexedAccess.
      thresholds: { lines: 100, functions: 100, branches: 95 },
    },
  },
});
