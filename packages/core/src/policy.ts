import { z } from "zod";

/** What a detector says of its own upkeep: drift checks, retraining, reports. */

export const DriftPolicy = z
  .strictObject({
    enabled: z.boolean().default(true),
    minReferenceDays: z
      .int()
      .min(1)
      .max(90)
      .default(7)
      .describe("With a shorter reference a finding is provisional: it is shown, and starts nothing."),
  })
  .describe("The hourly comparison of what comes in with what the model was trained on.");
export type DriftPolicy = z.output<typeof DriftPolicy>;

const ExcludedSpan = z
  .strictObject({
    fromMs: z.int().min(0).describe("Inclusive."),
    toMs: z.int().min(0).describe("Exclusive."),
    entity: z.string().min(1).max(256).default("*").describe("A glob."),
    reason: z.string().max(200).default("").describe("For people: a freeze, a migration, a holiday."),
  })
  .refine(({ fromMs, toMs }) => fromMs < toMs, { path: ["toMs"], message: "must be later than fromMs" });
export type ExcludedSpan = z.output<typeof ExcludedSpan>;

export const RetrainingPolicy = z
  .strictObject({
    promotion: z
      .enum(["auto", "approve", "shadow-only"])
      .default("auto")
      .describe("What follows when a new model passes the gate: it goes live, it waits for a person, or nothing."),
    onDrift: z.boolean().default(true),
    everyDays: z.int().min(1).max(365).optional().describe("Absent: never by the calendar alone."),
    afterIncidentHours: z
      .int()
      .min(1)
      .max(720)
      .optional()
      .describe("An incident that stays open for so long is taken for a new regime. Absent: never."),
    trainingDays: z.int().min(1).max(365).default(28).describe("How far back a training set reaches."),
    exclude: z.array(ExcludedSpan).max(100).default([]).describe("Time that no model shall learn from."),
    shadowHours: z
      .number()
      .min(0)
      .max(720)
      .default(24)
      .describe(
        "Event time that a challenger scores in shadow before the gate decides; 0: decided on held-out rows alone.",
      ),
    canaryShare: z
      .number()
      .min(0)
      .max(0.5)
      .default(0)
      .describe(
        "Share of the entities, by hash, that a challenger scores for real while it is in shadow for the others.",
      ),
    watchHours: z
      .number()
      .min(0)
      .max(720)
      .default(24)
      .describe("For so long after a promotion alerts, errors and latency must stay within their bands."),
    budget: z
      .strictObject({
        seconds: z.int().min(10).max(86_400).default(900),
        rows: z.int().min(100).max(10_000_000).default(200_000),
      })
      .prefault({})
      .describe("The most that one run may take."),
  })
  .describe("When a new model is trained, and how it comes to be used.");
export type RetrainingPolicy = z.output<typeof RetrainingPolicy>;

export const ReportPolicy = z
  .strictObject({
    every: z.enum(["day", "week"]).optional().describe("Absent: none by the calendar."),
    onDrift: z.boolean().default(true),
    mail: z.array(z.email().max(254)).max(20).default([]),
    webhook: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional()
      .describe("Gets the report as JSON by POST; Slack's incoming webhooks show its `text`."),
  })
  .describe("Who is told how a model fares.");
export type ReportPolicy = z.output<typeof ReportPolicy>;
