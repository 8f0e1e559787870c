import { defineConfig } from "vitest/config";

/** Of `npm run test:aws`: the contracts and the pipeline against an account or an endpoint. */
export default defineConfig({
  test: {
    include: ["test/aws/*.aws.ts"],
    // One after the other: they share a stream, and the limits of its shards.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ["verbose"],
  },
});
