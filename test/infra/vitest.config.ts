import { defineConfig } from "vitest/config";

/** A run of its own: both stages are deployed once, before the first test. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/infra/**/*.test.ts"],
    globalSetup: ["test/infra/deploy.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
