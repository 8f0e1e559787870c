import { defineConfig } from "vitest/config";

const SHARED = ["packages/*/src/**/*.test.{ts,tsx}", "test/contract/**/*.test.ts", "test/integration/**/*.test.ts"];
/** Long computations and whole processes: measured line by line they would take twice as long, and cover nothing more. */
const LONG = "{aws-campaign,api-answer-size,consumer-count,cost-figures,lambda-deadlines,lambda-telemetry,malformed}";
const UNMEASURED = [`test/integration/${LONG}.test.ts`, "test/integration/{learning-loop,retraining}.test.ts"];
const project = (name: string, test: object) => ({
  test: { name, testTimeout: 60_000, hookTimeout: 60_000, ...test },
});

export default defineConfig({
  test: {
    projects: [
      // Loading the modules anew for each file would take as long as the tests: none of these changes a module's state.
      project("measured", { include: SHARED, exclude: ["**/node_modules/**", ...UNMEASURED], isolate: false }),
      project("unmeasured", { include: UNMEASURED, isolate: false }),
      // It deploys first: see `npm run test:infra`.
      project("own", { include: ["test/**/*.test.ts"], exclude: ["test/infra/**", "**/node_modules/**", ...SHARED] }),
    ],
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
