import { z } from "zod";
import { TRAINING_CONFIG, type TrainedFamily } from "../family.ts";
import { LSTM_PARAMS } from "./model.ts";

const config = z.strictObject({
  family: z.literal("lstm"),
  window: z
    .int()
    .min(2)
    .max(63)
    .default(LSTM_PARAMS.window)
    .describe("Earlier rows that a row is forecast from; a vector has one row more."),
  hidden: z
    .int()
    .min(1)
    .max(128)
    .default(LSTM_PARAMS.hidden)
    .describe("Units of the recurrent layer; multiples of 16 cost no more than what lies below."),
  maxEpochs: z
    .int()
    .min(1)
    .max(1000)
    .default(LSTM_PARAMS.maxEpochs)
    .describe("Passes over the rows at most; training ends before when later rows are not forecast better."),
  kernels: z
    .enum(["simd", "relaxed"])
    .default("simd")
    .describe(
      "`simd` gives the same model on every processor; `relaxed` is faster where it can multiply and add at once.",
    ),
  ...TRAINING_CONFIG,
});
export type LstmConfig = z.output<typeof config>;

/** A row that a forecast from the rows before it does not explain, or a level far from the reference; see docs/models.md. */
export const lstm = {
  kind: "trained",
  config,
  shingleSize: ({ window }: LstmConfig) => window + 1,
  trainer: async () => (await import("./trainer.ts")).trainer,
} satisfies TrainedFamily<LstmConfig>;
