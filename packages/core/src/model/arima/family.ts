import { z } from "zod";
import { TRAINING_CONFIG, type TrainedFamily } from "../family.ts";
import { ARIMA_BOUNDS } from "./bounds.ts";

/** Earlier rows that a forecast may look at: as many columns as 64 features × a shingle of 64 have. */
const MAX_WINDOW = 4095;
/** Without a season: what a moving average, θ = 0.9, remembers for longer is a thousandth. */
const DEFAULT_WINDOW = 64;
/** With one: a seasonal moving average averages over this many, and the plain terms need a few rows. */
const DEFAULT_SEASONS = 3;
const ROWS_BESIDES = 16;

const config = z
  .strictObject({
    family: z.literal("arima"),
    period: z
      .int()
      .min(0)
      .max(2016)
      .default(ARIMA_BOUNDS.period)
      .describe("Rows of a season, 288 for a day of five minutes; 0: none."),
    maxP: z.int().min(0).max(10).default(ARIMA_BOUNDS.maxP).describe("Most autoregressive terms."),
    maxQ: z.int().min(0).max(10).default(ARIMA_BOUNDS.maxQ).describe("Most moving-average terms."),
    maxSeasonal: z.int().min(0).max(2).default(ARIMA_BOUNDS.maxSeasonal).describe("Most of either kind by the season."),
    maxDifferences: z
      .int()
      .min(0)
      .max(2)
      .default(ARIMA_BOUNDS.maxDifferences)
      .describe("Most differences, of both kinds."),
    window: z
      .int()
      .min(2)
      .max(MAX_WINDOW)
      .optional()
      .describe("Earlier rows that a forecast is made of; 64, or three seasons and 16, unless said otherwise."),
    ...TRAINING_CONFIG,
  })
  .superRefine((model, context) => {
    const needed = rowsLookedBack(model);
    if (windowOf(model) >= needed) return;
    const message = `these orders may look ${needed} rows back: give a longer window (${MAX_WINDOW} at most) or lower bounds`;
    context.addIssue({ code: "custom", path: ["window"], message });
  });
export type ArimaConfig = z.output<typeof config>;

/** What a row was forecast to be from those before it; see docs/models.md. */
export const arima = {
  kind: "trained",
  forecasts: true,
  config,
  features: { min: 1, max: 1 },
  shingleSize: (model: ArimaConfig) => windowOf(model) + 1,
  trainer: async () => (await import("./trainer.ts")).trainer,
} satisfies TrainedFamily<ArimaConfig>;

type Bounds = Pick<ArimaConfig, "period" | "maxP" | "maxSeasonal" | "maxDifferences" | "window">;

const windowOf = ({ period, window }: Bounds): number =>
  window ?? (period > 1 ? Math.min(MAX_WINDOW, DEFAULT_SEASONS * period + ROWS_BESIDES) : DEFAULT_WINDOW);

/** The most that an order within the bounds looks back: p + d + (P + D)·s, where D is 1 at most. */
const rowsLookedBack = ({ period, maxP, maxSeasonal, maxDifferences }: Bounds): number => {
  if (period <= 1) return maxP + maxDifferences;
  return maxP + maxDifferences + (maxSeasonal + Math.min(1, maxDifferences)) * period;
};
