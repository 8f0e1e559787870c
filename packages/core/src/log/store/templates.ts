import { z } from "zod";

/** A template as it is listed: when the first line of it came, and where that stands. */
export const StoredTemplate = z.strictObject({
  id: z.string(),
  text: z.string(),
  /** In capitals, as the log spells it, of the first line. */
  level: z.string().optional(),
  /** Time of the first line by the line itself. */
  firstMs: z.number(),
  first: z.strictObject({
    shardId: z.string(),
    sequenceNumber: z.string(),
    arrivalMs: z.number(),
    part: z.int().nonnegative(),
    digest: z.int().nonnegative(),
  }),
  /** No model knew it when it came, though there was one: news. */
  isNew: z.boolean(),
});
export type StoredTemplate = z.output<typeof StoredTemplate>;
