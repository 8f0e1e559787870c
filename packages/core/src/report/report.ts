import { z } from "zod";
import { DriftCheck } from "../drift/check.ts";

const AliasMove = z.strictObject({
  alias: z.string(),
  version: z.int().nullable(),
  sinceMs: z.int(),
  by: z.string(),
  reason: z.string(),
});

/** How a detector and its model fared in a span of time. JSON beside the page that shows it. */
export const Report = z.strictObject({
  format: z.literal(1),
  /** `<detector>-day-2026-11-20`, `-week-` with its Monday, `-drift-` and `-asked-` with a time: the same trouble, the same id. */
  id: z.string(),
  kind: z.enum(["day", "week", "drift", "asked"]),
  detector: z.string(),
  description: z.string(),
  family: z.string(),
  /** What it is filed under: the end of its span, or when the drift began. */
  atMs: z.int(),
  /** Event time; from inclusive, to exclusive. */
  fromMs: z.int(),
  toMs: z.int(),
  createdAtMs: z.int(),
  tone: z.enum(["good", "watch", "bad"]),
  title: z.string(),
  /** One paragraph for people. */
  verdict: z.string(),
  model: z.strictObject({
    /** `null` while there is none, or none is needed. */
    version: z.int().positive().nullable(),
    sinceMs: z.int().nullable(),
    trainingRows: z.int().nullable(),
    trainingFromMs: z.int().nullable(),
    trainingToMs: z.int().nullable(),
    /** In the span, newest first. */
    moves: z.array(AliasMove).max(20),
  }),
  alerts: z.strictObject({
    incidents: z.int(),
    anomalies: z.int(),
    suppressed: z.int(),
    /** Of the span of the same length before. */
    incidentsBefore: z.int(),
    /** There are more than were counted. */
    isCapped: z.boolean(),
    byDay: z.array(z.strictObject({ day: z.iso.date(), incidents: z.int(), anomalies: z.int() })),
    /** The most incidents first. */
    byEntity: z.array(z.strictObject({ entity: z.string(), incidents: z.int(), anomalies: z.int() })).max(10),
  }),
  data: z.strictObject({
    series: z.int(),
    /** Series whose rows were counted: all, or an even choice of very many. */
    counted: z.int(),
    /** Rows of these, by the day of their time. */
    byDay: z.array(z.strictObject({ day: z.iso.date(), rows: z.int() })),
    lastRowMs: z.int().nullable(),
  }),
  /** The newest check in the span; `null` when there was none. */
  drift: DriftCheck.nullable(),
});
export type Report = z.output<typeof Report>;

/** How one channel did. */
const Delivery = z.strictObject({
  /** `none`: the detector names no such channel. */
  state: z.enum(["none", "pending", "sent", "failed"]),
  to: z.array(z.string()),
  attempts: z.int(),
  sentAtMs: z.int().nullable(),
  error: z.string().nullable(),
});
export type Delivery = z.output<typeof Delivery>;

/** What is kept of a report in the table; the report itself is an object. */
export const ReportEntry = Report.pick({
  ...{ id: true, kind: true, detector: true, atMs: true, fromMs: true, toMs: true, createdAtMs: true },
  ...{ tone: true, title: true, verdict: true },
}).extend({ mail: Delivery, webhook: Delivery });
export type ReportEntry = z.output<typeof ReportEntry>;

export const DAY_MS = 86_400_000;
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
/** Midnights (UTC) of the days that a span touches. */
export const daysOf = (fromMs: number, toMs: number): number[] => {
  const days: number[] = [];
  for (let day = Math.floor(fromMs / DAY_MS) * DAY_MS; day < toMs; day += DAY_MS) days.push(day);
  return days;
};
