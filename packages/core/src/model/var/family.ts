import { z } from "zod";
import { TRAINING_CONFIG, type TrainedFamily } from "../family.ts";
import { VAR_PARAMS } from "./model.ts";

/** Beyond it the products of a window, (metrics · (lags + 1))², cost more than they bring. */
const MAX_LAGS = 12;

const config = z.strictObject({
  family: z.literal("var"),
  lags: z
    .int()
    .min(1)
    .max(MAX_LAGS)
    .default(VAR_PARAMS.lags)
    .describe("Earlier rows that a row is predicted from; a vector has one row more."),
  ridge: z.number().positive().max(100).default(VAR_PARAMS.ridge).describe("Penalty per window on scaled metrics."),
  ...TRAINING_CONFIG,
});
export type VarConfig = z.output<typeof config>;

/** A row that its metrics' last rows do not explain, or a level that the reference did not have; see docs/models.md. */
export const varFamily = {
  kind: "trained",
  config,
  features: { min: 2, max: 64 },
  shingleSize: ({ lags }: VarConfig) => lags + 1,
  trainer: async () => (await import("./trainer.ts")).trainer,
} satisfies TrainedFamily<VarConfig>;
