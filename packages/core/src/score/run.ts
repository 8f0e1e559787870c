import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import type { Extraction } from "../feature/extract.ts";
import type { Plan } from "../feature/plan.ts";
import { emptyRows } from "../feature/rows.ts";
import type { Scorer } from "../model/scorer.ts";
import { countRecords } from "../store/counts.ts";
import { encodeHead, type Head, noCounts, type SeriesCounts } from "../store/head.ts";
import { seriesListKey } from "../store/keys.ts";
import type { Item, ItemKey, Put, StreamRecord, Table } from "../store/ports.ts";
import { judgeRows, sideId } from "./judge.ts";
import { loadHead, takeRecords } from "./load.ts";
import { runModel } from "./model-run.ts";
import { routeRecords, type SeriesWork } from "./route.ts";

export type ScorePorts = {
  table: Table;
  /** Enabled detectors; a lister with a memory (`detectorLister`), because it is asked once per batch. */
  detectors: () => Promise<readonly Detector[]>;
  /** The detector's live model, `undefined` when there is none; also asked once per batch and detector. */
  scorerOf: (detectorId: string) => Promise<Scorer | undefined>;
};

/** `received = invalid + unmatched +` matched, `deliveries = applied + repeated`, `applied = Σ` of the series' events. */
export type ScoreReport = {
  received: number;
  ignored: number;
  invalid: number;
  unmatched: number;
  deliveries: number;
  repeated: number;
  /** What the batch added to the series. `events` are the applied deliveries. */
  series: SeriesCounts;
  seriesWritten: number;
  /** Heads that another consumer wrote first, so that their series were scored again. */
  conflicts: number;
};

/**
 * Attempts per batch while other consumers write the same series: in each round at least one of them gets through, so
 * that this many consumers would have to win before it is reached.
 */
const MAX_ATTEMPTS = 100;
/** An item that expired at this time is gone. */
const LONG_AGO_MS = 1;
const COUNT_NAMES = Object.keys(noCounts()) as (keyof SeriesCounts)[];

/**
 * Scores the metric records of one batch and stores results and state, each record exactly once in effect: side items
 * (closed chunks, anomalies) first, then per series one conditional head write that carries the sequence numbers. A series
 * whose head was written by somebody else meanwhile is read and scored again.
 */
export const scoreBatch = async (ports: ScorePorts, records: readonly StreamRecord[]): Promise<ScoreReport> => {
  const routed = routeRecords(await ports.detectors(), records);
  const { received, ignored, invalid, unmatched, deliveries } = routed;
  const report: ScoreReport = {
    ...{ received, ignored, invalid, unmatched, deliveries },
    ...{ repeated: 0, series: noCounts(), seriesWritten: 0, conflicts: 0 },
  };
  const scorers = await loadScorers(ports, routed.works);
  let open = routed.works;
  const lost: Put[] = [];
  const kept = new Set<string>();
  for (let attempt = 0; open.length > 0; attempt++) {
    if (attempt === MAX_ATTEMPTS) throw contended(open);
    const scored = await scoreSeries(ports.table, scorers, open);
    const isRetry = attempt > 0;
    open = await writeSeries(ports.table, scored, report, lost, isRetry ? kept : undefined);
  }
  await removeLost(ports.table, lost, kept);
  for (const [shardId, counted] of routed.counted) await countRecords(ports.table, shardId, counted);
  return report;
};

/** A model made for other features does not fit the rows: the series warms up until there is a new one. */
const loadScorers = async ({ scorerOf }: ScorePorts, works: readonly SeriesWork[]): Promise<Map<Plan, Scorer>> => {
  const scorers = new Map<Plan, Scorer>();
  for (const plan of new Set(works.map((work) => work.plan))) {
    const scorer = await scorerOf(plan.id);
    if (scorer?.manifest.featureHash === plan.featureHash) scorers.set(plan, scorer);
  }
  return scorers;
};

type Scored = {
  work: SeriesWork;
  before: Item | undefined;
  head: Head;
  countsBefore: SeriesCounts;
  applied: number;
  from: number;
  to: number;
  sides: Put[];
  bytes: Uint8Array;
};

/** Features of all series in order, then one model run per detector, then what depends on the scores. */
const scoreSeries = async (
  table: Table,
  scorers: Map<Plan, Scorer>,
  works: readonly SeriesWork[],
): Promise<Scored[]> => {
  const items = await table.getMany(works.map((work) => work.key));
  const byPlan = new Map<Plan, { to: Extraction; scored: Scored[] }>();
  works.forEach((work, index) => {
    const { plan } = work;
    let group = byPlan.get(plan);
    if (!group) {
      const rows = emptyRows(plan.names.length, plan.names.length * plan.shingleSize);
      group = { to: { plan, scaling: scorers.get(plan)?.manifest.scaling, rows }, scored: [] };
      byPlan.set(plan, group);
    }
    group.scored.push(extract(work, items[index], group.to));
  });
  for (const [plan, { to, scored }] of byPlan) await judgeSeries(plan, scorers.get(plan), to, scored);
  return [...byPlan.values()].flatMap(({ scored }) => scored);
};

const extract = (work: SeriesWork, before: Item | undefined, to: Extraction): Scored => {
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
  scored: readonly Scored[],
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

/**
 * Writes side items, then heads; returns the series whose heads somebody else had written.
 * @param kept on a retry, collects the side items that are right after all
 */
const writeSeries = async (
  table: Table,
  scored: readonly Scored[],
  report: ScoreReport,
  lost: Put[],
  kept: Set<string> | undefined,
): Promise<SeriesWork[]> => {
  const changed = scored.filter(({ applied }) => applied > 0);
  for (const { work, applied } of scored) if (applied === 0) report.repeated += work.records.length;
  const sides = changed.flatMap((one) => (one.before ? one.sides : [listSeries(one), ...one.sides]));
  if (sides.length > 0) await table.putMany(sides);
  const outcomes = changed.length > 0 ? await table.putMany(changed.map(headPut)) : [];
  const conflicted: SeriesWork[] = [];
  changed.forEach((one, index) => {
    if (outcomes[index] === "written") {
      addTo(report, one);
      if (kept) for (const { item } of one.sides) kept.add(keyText(item));
      return;
    }
    report.conflicts++;
    lost.push(...one.sides);
    conflicted.push(one.work);
  });
  return conflicted;
};

const headPut = ({ work, before, head, bytes }: Scored): Put => ({
  item: { ...work.key, version: head.counts.events, bytes },
  condition: before ? { kind: "version", version: before.version } : { kind: "absent" },
});

const listSeries = ({ work }: Scored): Put => {
  const doc = JSON.stringify({ detector: work.plan.id, entity: work.entity });
  return { item: { ...seriesListKey(work.plan.id, work.entity), version: 1, doc }, condition: { kind: "any" } };
};

const addTo = (report: ScoreReport, { work, head, countsBefore, applied }: Scored): void => {
  report.seriesWritten++;
  report.repeated += work.records.length - applied;
  for (const name of COUNT_NAMES) report.series[name] += head.counts[name] - countsBefore[name];
};

const keyText = ({ pk, sk }: ItemKey): string => JSON.stringify([pk, sk]);

/** Side items of attempts that lost the race, unless the attempt that won wrote them too. */
const removeLost = async (table: Table, lost: readonly Put[], kept: Set<string>): Promise<void> => {
  const gone = lost.filter(({ item }) => !kept.has(keyText(item)));
  if (gone.length === 0) return;
  const condition = { kind: "any" } as const;
  await table.putMany(
    gone.map(({ item: { pk, sk } }) => ({ item: { pk, sk, version: 1, expiresAtMs: LONG_AGO_MS }, condition })),
  );
};

const contended = (open: readonly SeriesWork[]): AppError => {
  const { plan, entity } = open[0]!;
  const series = `${open.length} series (first: ${plan.id} of ${entity})`;
  return new AppError("CONFLICT", `${series} were written by other consumers ${MAX_ATTEMPTS} times in a row`);
};
