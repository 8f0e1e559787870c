import { z } from "zod";
import type { Incident, IncidentDiff } from "./incidents.ts";

/** Listed incidents and entities: a result fits an item of the table. Counts are of all. */
const MAX_LISTED = 200;

const DiffCounts = z.strictObject({
  /** Incidents that only the other version reports, that only the live one reported, and live ones that both do. */
  added: z.int(),
  vanished: z.int(),
  common: z.int(),
});

export const BacktestIncident = z.strictObject({
  kind: z.enum(["added", "vanished", "common"]),
  entity: z.string(),
  fromMs: z.int(),
  toMs: z.int(),
  anomalies: z.int(),
  score: z.number(),
});
export type BacktestIncident = z.output<typeof BacktestIncident>;

const Side = z.strictObject({ scored: z.int(), anomalies: z.int(), suppressed: z.int(), incidents: z.int() });

/** What a version would have said of history, beside what was said then. */
export const BacktestResult = z.strictObject({
  detector: z.string(),
  model: z.strictObject({ name: z.string(), version: z.int().positive() }),
  /** Event time; from inclusive, to exclusive. */
  fromMs: z.int(),
  toMs: z.int(),
  series: z.int(),
  rows: z.int(),
  /** Rows that the detector would not make any more: they are in neither count. */
  otherRows: z.int(),
  live: Side.extend({
    /** Rows by the version that was live then; 0 where there was no model, or none is needed. */
    versions: z.record(z.string(), z.int()),
    /** Rows that were judged by other settings than the detector has now. */
    otherSettings: z.int(),
  }),
  other: Side,
  ...DiffCounts.shape,
  /** Days (UTC) with incidents, ascending. */
  byDay: z.array(DiffCounts.extend({ day: z.iso.date() })),
  /** Entities with incidents, those with the most differences first. */
  byEntity: z.array(DiffCounts.extend({ entity: z.string() })),
  /** Differences first, then by their score. */
  incidents: z.array(BacktestIncident),
});
export type BacktestResult = z.output<typeof BacktestResult>;

export const emptyResult = (of: Pick<BacktestResult, "detector" | "model" | "fromMs" | "toMs">): BacktestResult => ({
  ...of,
  ...{ series: 0, rows: 0, otherRows: 0, added: 0, vanished: 0, common: 0, byDay: [], byEntity: [], incidents: [] },
  live: { scored: 0, anomalies: 0, suppressed: 0, incidents: 0, versions: {}, otherSettings: 0 },
  other: { scored: 0, anomalies: 0, suppressed: 0, incidents: 0 },
});

/** Adds what the two made of one series. */
export const addSeries = (result: BacktestResult, entity: string, diff: IncidentDiff): BacktestResult => {
  const counts = { added: diff.added.length, vanished: diff.vanished.length, common: diff.common.length };
  const kinds = ["added", "vanished", "common"] as const;
  const listed = kinds.flatMap((kind) => diff[kind].map((one) => describe(kind, entity, one)));
  const byEntity = listed.length > 0 ? [...result.byEntity, { entity, ...counts }] : result.byEntity;
  return {
    ...result,
    added: result.added + counts.added,
    vanished: result.vanished + counts.vanished,
    common: result.common + counts.common,
    byDay: addDays(result.byDay, listed),
    byEntity: byEntity.sort(byDifference).slice(0, MAX_LISTED),
    incidents: [...result.incidents, ...listed].sort(byInterest).slice(0, MAX_LISTED),
  };
};

const describe = (
  kind: BacktestIncident["kind"],
  entity: string,
  { fromMs, toMs, anomalies, score }: Incident,
): BacktestIncident => ({ kind, entity, fromMs, toMs, anomalies, score });

const addDays = (byDay: BacktestResult["byDay"], incidents: readonly BacktestIncident[]): BacktestResult["byDay"] => {
  const days = new Map(byDay.map((day) => [day.day, { ...day }]));
  for (const { kind, fromMs } of incidents) {
    const day = new Date(fromMs).toISOString().slice(0, 10);
    const counts = days.get(day) ?? { day, added: 0, vanished: 0, common: 0 };
    counts[kind]++;
    days.set(day, counts);
  }
  return [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
};

type Counts = z.output<typeof DiffCounts>;
const differences = ({ added, vanished }: Counts): number => added + vanished;
const byDifference = (a: Counts, b: Counts): number => differences(b) - differences(a) || b.common - a.common;
const isCommon = ({ kind }: BacktestIncident): number => (kind === "common" ? 1 : 0);
const byInterest = (a: BacktestIncident, b: BacktestIncident): number =>
  isCommon(a) - isCommon(b) || b.score - a.score || a.fromMs - b.fromMs;
