import { z } from "zod";
import { TRAINING_CONFIG, type TrainedFamily } from "../family.ts";

/** Rows over all trees. Growing takes 56 bytes for each, so this is 59 MB; the default forest has 25,600. */
const MAX_FOREST_ROWS = 2 ** 20;

const config = z
  .strictObject({
    family: z.literal("isolation-forest"),
    /** Trees and rows per tree: the defaults of the paper (Liu, Ting, Zhou 2008, section 4.2). */
    trees: z.int().min(1).max(1000).default(100),
    sampleSize: z.int().min(2).max(65_536).default(256),
    contamination: z
      .number()
      .gt(0)
      .max(0.5)
      .optional()
      .describe("Share of rows like the training rows that are anomalies; takes the sensitivity's place."),
    ...TRAINING_CONFIG,
  })
  .refine(({ trees, sampleSize }) => trees * sampleSize <= MAX_FOREST_ROWS, {
    error: `trees × sampleSize must be at most ${MAX_FOREST_ROWS}: a larger forest does not fit into a function's memory`,
  });
export type IsolationForestConfig = z.output<typeof config>;

/** Rows, or shingles of them, that are easily isolated from the others are strange; see docs/models.md. */
export const isolationForest = {
  kind: "trained",
  config,
  trainer: async () => (await import("./trainer.ts")).trainer,
} satisfies TrainedFamily<IsolationForestConfig>;
