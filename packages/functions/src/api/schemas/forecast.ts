import { z } from "@hono/zod-openapi";

/** Steps of one answer: a day of minutes is 1,440, a bound of a thousand keeps it a quick one. */
const MAX_STEPS = 1000;
const DEFAULT_LEVEL = 0.95;

export const ForecastRequest = z
  .object({
    detector: z.string("must be the id of a detector"),
    entity: z.string("must be an entity that the detector has seen"),
    steps: z
      .int("must be a whole number")
      .min(1, "must be 1 or more")
      .max(MAX_STEPS, `must be at most ${MAX_STEPS}`)
      .openapi({ description: "Rows to forecast, one per interval." }),
    level: z
      .number("must be a number")
      .min(0.01, "must be at least 0.01")
      .max(0.9999, "must be at most 0.9999")
      .default(DEFAULT_LEVEL)
      .openapi({ description: "Share of new values that the band of a step is to hold." }),
    from: z.int("must be epoch milliseconds").min(0).max(1e15).optional().openapi({
      description:
        "As if it were this time, epoch milliseconds: only rows before it are known. Absent: the newest row.",
    }),
  })
  .openapi("ForecastRequest", { example: { detector: "load", entity: "web-01", steps: 12, level: 0.95 } });

const perFeature = z.array(z.number()).openapi({ description: "In the order of `features`." });

export const ForecastResult = z
  .object({
    detector: z.string(),
    entity: z.string(),
    features: z.array(z.string()),
    level: z.number(),
    modelVersion: z.int(),
    lastTimestamp: z.int().openapi({ description: "Time of the row that the forecast goes on from." }),
    intervalMs: z.number().openapi({
      description: "Between two rows: the detector's `intervalSeconds`, else what is usual for the newest rows.",
    }),
    points: z.array(z.object({ timestamp: z.number(), mean: perFeature, lower: perFeature, upper: perFeature })),
  })
  .openapi("ForecastResult", {
    example: {
      detector: "load",
      entity: "web-01",
      features: ["load"],
      level: 0.95,
      modelVersion: 3,
      lastTimestamp: 1_763_632_800_000,
      intervalMs: 60_000,
      points: [{ timestamp: 1_763_632_860_000, mean: [1.72], lower: [1.31], upper: [2.13] }],
    },
  });
