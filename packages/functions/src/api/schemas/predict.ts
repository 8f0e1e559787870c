import { z } from "@hono/zod-openapi";

/** Rows of one request: some 20 ms of scoring. */
const MAX_ROWS = 1000;

const value = z.number("must be a finite number");
const SHAPES = "must be an array of numbers, an object of numbers by feature name, or an array of such objects";
const named = z.record(z.string(), value, SHAPES);
/** A vector, one row by name, or the last rows by name. */
const PredictRow = z.union([z.array(value, SHAPES), named, z.array(named, SHAPES)], SHAPES);
export type PredictRow = z.output<typeof PredictRow>;

export const PredictRequest = z
  .object({
    detector: z.string("must be the id of a detector"),
    rows: z
      .array(PredictRow, "must be an array of rows")
      .min(1, "must have at least one row")
      .max(MAX_ROWS, `must have at most ${MAX_ROWS} rows`)
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
