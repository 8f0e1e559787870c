import { AppError } from "../errors.ts";
import type { Extraction } from "../feature/extract.ts";
import type { Plan } from "../feature/plan.ts";
import { emptyRows } from "../feature/rows.ts";
import type { Scorer } from "../model/scorer.ts";
import { decodeHead, encodeHead, type Head, type SeriesCounts } from "../store/head.ts";
import type { Item, Put, StreamRecord, Table } from "../store/ports.ts";
import { judgeRows } from "./judge.ts";
import { judgeContext } from "./judge-context.ts";
import { type LearningSeries, readLearnt, restoreLearnt } from "./learnt.ts";
import { loadHead, takeRecords, unseenRecords } from "./load.ts";
import type { SeriesWork } from "./route.ts";

/** A series after a batch, before it is written. */
export type ScoredSeries = {
  work: SeriesWork;
  before: Item | undefined;
  head: Head;
  countsBefore: SeriesCounts;
  /** Records that the head had not seen. */
  applied: number;
  /** The series' rows among those of its detector. */
  from: number;
  to: number;
  /** Closed chunks and anomalies. */
  sides: Put[];
  /** The encoded head, when anything was applied. */
  bytes: Uint8Array;
};

/** A delivery that cannot be applied, because of its series or because of itself. */
export type FailedRecord = { record: StreamRecord; reason: string };

/**
 * Features of all series in order, then one model run per detector, then what depends on the scores. A series that is
 * damaged or too large fails alone, and stays as it was.
 * @param isAlone the batch is one record: whatever its computation throws is its own fault
 */
export const scoreSeries = async (
  table: Table,
  scorers: Map<Plan, Scorer>,
  works: readonly SeriesWork[],
  isAlone: boolean,
): Promise<{ scored: ScoredSeries[]; failed: FailedRecord[] }> => {
  const items = await table.getMany(works.map((work) => work.key));
  const byPlan = new Map<Plan, { to: Extraction; scored: ScoredSeries[] }>();
  const failed: FailedRecord[] = [];
  const fail = ({ work, before }: Pick<ScoredSeries, "work" | "before">, error: unknown): void => {
    if (!isOfSeries(error) && !(isAlone && isOfRecord(error))) throw error;
    const reason = `detector ${work.plan.id}, entity ${work.entity}: ${messageOf(error)}`;
    for (const record of unseenRecords(shardsOf(before), work.records)) failed.push({ record, reason });
  };
  works.forEach((work, index) => {
    const { plan } = work;
    const before = items[index];
    let group = byPlan.get(plan);
    if (!group) {
      const features = plan.names.length;
      const rows = emptyRows(features, features * plan.shingleSize, expectedRows(works, plan));
      group = { to: { plan, scaling: scorers.get(plan)?.manifest.scaling, rows }, scored: [] };
      byPlan.set(plan, group);
    }
    const { to } = group;
    try {
      group.scored.push(extract(work, before, to));
    } catch (error) {
      fail({ work, before }, error);
    }
  });
  const scored: ScoredSeries[] = [];
  for (const [plan, group] of byPlan) {
    // Rows of several series go through the model together: of one record they are all its own.
    const judge = await judgeOf(plan, scorers.get(plan), group.to).catch((error: unknown) => {
      for (const one of group.scored) fail(one, error);
    });
    if (!judge) continue;
    const bytes = plan.online ? await readLearnt(table, group.scored.map(learningSeries)) : undefined;
    group.scored.forEach((one, index) => {
      try {
        scored.push(one.applied === 0 ? one : judge(one, bytes?.[index]));
      } catch (error) {
        fail(one, error);
      }
    });
  }
  return { scored, failed };
};

const isOfSeries = (error: unknown): boolean =>
  error instanceof AppError && (error.code === "CORRUPT" || error.code === "TOO_LARGE");
/** Not what passes: a model that is somewhere else does not answer, say. */
const isOfRecord = (error: unknown): boolean =>
  !(error instanceof AppError && (error.code === "UNAVAILABLE" || error.code === "CONFLICT"));
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What a head that cannot be read has seen is unknown: then every record fails. */
const shardsOf = (item: Item | undefined): Head["shards"] => {
  try {
    return item ? decodeHead(item).shards : [];
  } catch {
    return [];
  }
};

/** One per event when observations are rows of their own, fewer over intervals; at least one, because room is doubled. */
const expectedRows = (works: readonly SeriesWork[], plan: Plan): number =>
  works.reduce((sum, work) => sum + (work.plan === plan ? work.events.length : 0), 1);

const extract = (work: SeriesWork, before: Item | undefined, to: Extraction): ScoredSeries => {
  const sides: Put[] = [];
  const head = loadHead(work, before, sides);
  const countsBefore = { ...head.counts };
  const from = to.rows.count;
  const applied = takeRecords(work, head, to);
  return { work, before, head, countsBefore, applied, from, to: to.rows.count, sides, bytes: head.chunk };
};

const learningSeries = ({ work: { plan, entity }, head }: ScoredSeries): LearningSeries => ({ plan, entity, head });

/** Runs the model over all rows of a detector; what it returns judges one series. */
const judgeOf = async (plan: Plan, scorer: Scorer | undefined, { rows }: Extraction) => {
  const context = await judgeContext(plan, scorer, rows);
  return (one: ScoredSeries, kept: Uint8Array | undefined): ScoredSeries => {
    const { work, head } = one;
    const { entity } = work;
    const series = { entity, head, learnt: restoreLearnt(learningSeries(one), kept) };
    const causeOf = (row: number) => work.records[rows.causes[row]!]!;
    const chunk = judgeRows(context, series, one.from, one.to, causeOf, one.sides);
    one.bytes = encodeHead(head, chunk, `series ${plan.id} of ${work.entity}`);
    return one;
  };
};
