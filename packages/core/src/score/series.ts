import type { Extraction } from "../feature/extract.ts";
import type { Plan } from "../feature/plan.ts";
import { emptyRows } from "../feature/rows.ts";
import type { Scorer } from "../model/scorer.ts";
import { encodeHead, type Head, type SeriesCounts } from "../store/head.ts";
import type { Item, Put, Table } from "../store/ports.ts";
import { judgeRows, sideId } from "./judge.ts";
import { loadHead, takeRecords } from "./load.ts";
import { runModel } from "./model-run.ts";
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

/** Features of all series in order, then one model run per detector, then what depends on the scores. */
export const scoreSeries = async (
  table: Table,
  scorers: Map<Plan, Scorer>,
  works: readonly SeriesWork[],
): Promise<ScoredSeries[]> => {
  const items = await table.getMany(works.map((work) => work.key));
  const byPlan = new Map<Plan, { to: Extraction; scored: ScoredSeries[] }>();
  works.forEach((work, index) => {
    const { plan } = work;
    let group = byPlan.get(plan);
    if (!group) {
      const features = plan.names.length;
      const rows = emptyRows(features, features * plan.shingleSize, expectedRows(works, plan));
      group = { to: { plan, scaling: scorers.get(plan)?.manifest.scaling, rows }, scored: [] };
      byPlan.set(plan, group);
    }
    group.scored.push(extract(work, items[index], group.to));
  });
  for (const [plan, { to, scored }] of byPlan) await judgeSeries(plan, scorers.get(plan), to, scored);
  return [...byPlan.values()].flatMap(({ scored }) => scored);
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

const judgeSeries = async (
  plan: Plan,
  scorer: Scorer | undefined,
  { rows }: Extraction,
  scored: readonly ScoredSeries[],
): Promise<void> => {
  const judged = await runModel(scorer, rows, plan.threshold);
  const centers = scorer?.manifest.scaling.map(({ center }) => center) ?? [];
  const context = { plan, modelVersion: scorer?.manifest.version ?? 0, centers, rows, judged };
  for (const one of scored) {
    if (one.applied === 0) continue;
    const { work, head } = one;
    const causeOf = (row: number) => {
      const { shardId, sequenceNumber } = work.records[rows.causes[row]!]!;
      return sideId(shardId, sequenceNumber);
    };
    const chunk = judgeRows(context, work.entity, head, one.from, one.to, causeOf, one.sides);
    one.bytes = encodeHead(head, chunk, `series ${plan.id} of ${work.entity}`);
  }
};
