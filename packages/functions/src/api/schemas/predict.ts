import { z } from "@hono/zod-openapi";

/** Rows of one request: some 20 ms of scoring. */
const MAX_ROWS = 1000;

const named = z.record(z.string(), z.number());
/** A vector, one row by name, or the last rows by name. */
const PredictRow = z.union([z.array(z.number()), named, z.array(named)]);
export type PredictRow = z.output<typeof PredictRow>;

export const PredictRequest = z
  .object({
    detector: z.string(),
    rows: z
      .array(PredictRow)
      .min(1)
      .max(MAX_ROWS)
      .openapi({
        description:
          "Each row is an array of numbers in the order of the detector's features (the last `shingleSize` rows one after " +
          "another, oldest first), an object by feature name (when `shingleSize` is 1), or an array of `shingleSize` such objects.",
      }),
  })
  .openapi("PredictRequest", { example: { detector: "web", rows: [{ cpu: 97.5, memory: 61.2 }] } });

export const PredictResult = z
  .object({
    results: z.array(
      z.object({
        score: z.number(),
        threshold: z.number(),
        grade: z.number().min(0).max(1),
        attribution: z.record(z.string(), z.number()).optional().openapi({
          description: "Each feature's share of the score; for rows at or above the threshold.",
        }),
      }),
    ),
    modelVersion: z.int(),
  })
  .openapi("PredictResult", {
    example: {
      results: [{ score: 4.21, threshold: 3.5, grade: 0.31, attribution: { cpu: 0.93, memory: 0.07 } }],
      modelVersion: 3,
    },
  });
