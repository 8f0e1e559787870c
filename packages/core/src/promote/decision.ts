import { z } from "zod";

/** One rule of the gate, and how both models stood by it. */
export const GateRule = z.strictObject({
  rule: z.enum([
    "rows",
    "false-alarms",
    "alert-volume",
    "vanished-incidents",
    "precision",
    "recall",
    "detection",
    "score-distribution",
    "latency",
    "size",
  ]),
  champion: z.number().nullable(),
  challenger: z.number().nullable(),
  limit: z.number().nullable(),
  passed: z.boolean(),
  text: z.string(),
});
export type GateRule = z.output<typeof GateRule>;

/** What the gate says of a challenger. `reason` is the sentence that stands in the registry's history. */
export const GateDecision = z.strictObject({
  outcome: z.enum(["promote", "reject"]),
  reason: z.string(),
  rules: z.array(GateRule),
  /** The rows that both models scored. */
  rows: z.int(),
  fromMs: z.int(),
  toMs: z.int(),
  /** Incidents that only the challenger, only the champion, and both of them would report. */
  alerts: z.strictObject({ added: z.int(), vanished: z.int(), common: z.int() }),
});
export type GateDecision = z.output<typeof GateDecision>;
