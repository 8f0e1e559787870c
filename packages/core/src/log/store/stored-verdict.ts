import { z } from "zod";

const Pointer = z.strictObject({
  shardId: z.string(),
  sequenceNumber: z.string(),
  arrivalMs: z.number(),
  part: z.int().nonnegative(),
  digest: z.int().nonnegative(),
});
const Item = z.strictObject({
  templateId: z.string(),
  template: z.string(),
  count: z.int(),
  first: Pointer.optional(),
});

/** A verdict as it is kept: `SessionVerdict`, what made it, and when it was said first. */
export const StoredVerdict = z.strictObject({
  key: z.string(),
  startMs: z.number(),
  endMs: z.number(),
  lines: z.int(),
  score: z.number().min(0).max(1),
  isAnomalous: z.boolean(),
  isFinal: z.boolean(),
  nearest: z.strictObject({ sessions: z.int(), share: z.number(), distance: z.number() }).optional(),
  missing: z.array(Item),
  extra: z.array(Item),
  firstOffending: Pointer.optional(),
  modelVersion: z.int(),
  decidedBy: z.enum(["labels", "signatures", "rules"]),
});
export type StoredVerdict = z.output<typeof StoredVerdict>;
