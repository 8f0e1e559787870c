import { z } from "zod";

/**
 * How a consumer reads the stream: the fields, limits and defaults of Lambda's event source mapping for Kinesis (API
 * reference, CreateEventSourceMapping), so that what works here works there. -1 means "without limit".
 */
export const EventSourceMapping = z.strictObject({
  batchSize: z.int().min(1).max(10_000).default(100),
  maximumBatchingWindowInSeconds: z.number().min(0).max(300).default(0),
  parallelizationFactor: z.int().min(1).max(10).default(1),
  bisectBatchOnFunctionError: z.boolean().default(false),
  maximumRetryAttempts: z.int().min(-1).max(10_000).default(-1),
  maximumRecordAgeInSeconds: z.int().min(-1).max(604_800).default(-1),
  functionResponseTypes: z.array(z.literal("ReportBatchItemFailures")).max(1).default([]),
  startingPosition: z.enum(["TRIM_HORIZON", "LATEST"]).default("TRIM_HORIZON"),
  /** A record that satisfies one of them is delivered; without filters, every record is. */
  filterCriteria: z
    .strictObject({ filters: z.array(z.strictObject({ pattern: z.string().max(4096) })).max(5) })
    .default({ filters: [] }),
});
export type EventSourceMapping = z.output<typeof EventSourceMapping>;
