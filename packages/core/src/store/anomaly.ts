import { z } from "zod";

const perFeature = z.record(z.string(), z.number().nullable());

/** A row over the threshold, with everything that explains it. Suppressed ones keep their score and have grade 0. */
export const Anomaly = z.strictObject({
  detector: z.string(),
  entity: z.string(),
  timestamp: z.int(),
  /** The running number of the row in its series. */
  row: z.int(),
  score: z.number(),
  threshold: z.number(),
  grade: z.number().min(0).max(1),
  values: perFeature,
  /** `null` while nothing has been learnt about the series. */
  expected: perFeature,
  lower: perFeature,
  upper: perFeature,
  /** Share of the score per feature; they sum to 1. */
  attribution: z.record(z.string(), z.number()),
  modelVersion: z.int(),
  configHash: z.string(),
  incidentId: z.string().nullable(),
  suppressedBy: z.enum(["direction", "minimum-deviation"]).nullable(),
});
export type Anomaly = z.output<typeof Anomaly>;
