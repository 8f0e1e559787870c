import { z } from "zod";
import { TRAINING_CONFIG, type TrainedFamily } from "../family.ts";

const config = z.strictObject({
  family: z.literal("random-forest"),
  engine: z
    .enum(["histogram", "ml-random-forest"])
    .default("histogram")
    .describe("`ml-random-forest` is the npm package of that name, for at most 5,000 rows."),
  trees: z.int().min(10).max(1000).default(100),
  featuresPerSplit: z
    .int()
    .min(1)
    .max(4096)
    .optional()
    .describe("Values that each split chooses from; absent: the square root of their number."),
  minLeafRows: z.int().min(1).max(100_000).default(3).describe("Each side of a split keeps so many rows."),
  maxDepth: z.int().min(1).max(64).default(64),
  classWeights: z
    .enum(["balanced", "none"])
    .default("balanced")
    .describe("`balanced`: both labels weigh the same in sum, however rare one is."),
  ...TRAINING_CONFIG,
});
export type RandomForestConfig = z.output<typeof config>;

/** Learns from labels which rows are anomalous; see docs/models.md. */
export const randomForest = {
  kind: "trained",
  learnsFrom: "labels",
  config,
  trainer: async () => (await import("./trainer.ts")).trainer,
} satisfies TrainedFamily<RandomForestConfig>;
