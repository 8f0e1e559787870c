import { z } from "zod";
import { TRAINING_CONFIG, type TrainedFamily } from "../family.ts";
import { windowOf } from "./model.ts";

const config = z.strictObject({
  family: z.literal("hybrid"),
  lags: z.int().min(1).max(32).default(10).describe("Earlier rows that each metric is forecast from."),
  recent: z.int().min(2).max(32).default(8).describe("Newest rows whose residuals are looked at together."),
  /** Trees and rows per tree: the defaults of the paper (Liu, Ting, Zhou 2008, section 4.2). */
  trees: z.int().min(1).max(500).default(100),
  sampleSize: z.int().min(2).max(2048).default(256).describe("Rows per tree, of all metrics together."),
  ...TRAINING_CONFIG,
});
export type HybridConfig = z.output<typeof config>;

/** Forecasts each metric, then isolates what its residuals do; see docs/models.md. */
export const hybrid = {
  kind: "trained",
  forecasts: true,
  config,
  shingleSize: (model: HybridConfig) => windowOf(model),
  trainer: async () => (await import("./trainer.ts")).trainer,
} satisfies TrainedFamily<HybridConfig>;
