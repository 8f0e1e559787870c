import { z } from "zod";

const DriftStatistic = z.enum(["level", "noise", "volume", "missing", "schema", "score", "entities"]);
export type DriftStatistic = z.output<typeof DriftStatistic>;

/** What one statistic of one feature says at one check. Of a detector's volume, schema and entities `feature` is absent. */
export const DriftFinding = z.strictObject({
  feature: z.string().optional(),
  statistic: DriftStatistic,
  value: z.number(),
  /** What it may reach in the reference's own ups and downs. */
  limit: z.number(),
  /** In units that people know (standard deviations, percent): see `unit`. */
  effect: z.number(),
  unit: z.enum(["deviations", "ratio", "share", "count"]),
  pValue: z.number().min(0).max(1).optional(),
  isOver: z.boolean(),
  /** Over the limit, kept by the false-discovery correction, and for as many checks as the statistic asks for. */
  drifted: z.boolean(),
  /** First check of the present run over the limit; `null` while it is not over. */
  sinceMs: z.int().nullable(),
  shape: z.enum(["sudden", "gradual"]).optional(),
  /** `value` as it was at each hour, oldest first; `null` where too little was known. */
  sparkline: z.array(z.number().nullable()).max(336),
  /** Series that moved most, the strongest first. */
  entities: z.array(z.string()).max(10).optional(),
  /** One sentence for people. */
  text: z.string(),
});
export type DriftFinding = z.output<typeof DriftFinding>;

/** One drift check of a detector. */
export const DriftCheck = z.strictObject({
  detector: z.string(),
  atMs: z.int(),
  /** The champion whose reference it was compared with; 0 for a family that learns by itself. */
  modelVersion: z.int().min(0),
  referenceFromMs: z.int(),
  referenceToMs: z.int(),
  referenceDays: z.number(),
  /** The reference is too short: nothing follows. */
  isProvisional: z.boolean(),
  drifted: z.boolean(),
  /** First check of the present run of drifted ones; an alarm is raised at that one alone. */
  sinceMs: z.int().nullable(),
  findings: z.array(DriftFinding),
  /** One paragraph for people: what changed, since when, how sure. */
  verdict: z.string(),
});
export type DriftCheck = z.output<typeof DriftCheck>;
