import type { Detector } from "../detector.ts";
import { learnsFromLabels } from "../model/families.ts";
import { type Label, listLabels } from "../store/labels.ts";
import type { Table } from "../store/ports.ts";
import { allSeries } from "../store/read-series.ts";
import { labelAt } from "../train/row-labels.ts";
import type { DatasetQuery } from "./dataset.ts";

const DAY_MS = 86_400_000;

export type QueryOptions = {
  /** Inclusive; absent: so many days before the end as the detector's retraining policy says. */
  fromMs?: number | undefined;
  /** Exclusive; absent: just behind the newest row of any series, but not behind `nowMs`. */
  toMs?: number | undefined;
  /** Most rows; absent: those of the policy's budget. */
  maxRows?: number | undefined;
  /** For a new regime: what a series has open may be just what is to be learnt. */
  keepOpenIncidents?: boolean | undefined;
};

/**
 * What a detector's next model would learn from: the range, and what to leave out of it: spans of its policy, incidents that
 * are open, and rows that somebody labelled anomalous. Of a family that learns from labels these are kept: they teach it.
 */
export const datasetQueryOf = async (
  { table }: { table: Table },
  detector: Detector,
  nowMs: number,
  options: QueryOptions = {},
): Promise<DatasetQuery> => {
  const { retraining } = detector;
  const series: { entity: string; lastRowMs: number; incidentMs: number | undefined }[] = [];
  for await (const { entity, head } of allSeries(table, detector.id)) {
    series.push({ entity, lastRowMs: head.lastRowMs, incidentMs: head.incident?.startMs });
  }
  const newest = series.reduce((latest, { lastRowMs }) => Math.max(latest, lastRowMs), 0);
  const toMs = options.toMs ?? (newest > 0 ? Math.min(newest + 1, nowMs) : nowMs);
  const fromMs = options.fromMs ?? Math.max(0, toMs - retraining.trainingDays * DAY_MS);
  const exclude: DatasetQuery["exclude"] = retraining.exclude.map(({ reason, ...span }) => ({
    ...span,
    reason: reason === "" ? "policy" : `policy: ${reason}`,
  }));
  if (!learnsFromLabels(detector.model)) {
    const labels = await labelsByEntity(table, detector.id);
    for (const [entity, ofEntity] of labels) {
      for (const span of spansLabelled(ofEntity, 1)) exclude.push({ ...span, entity, reason: LABELLED });
    }
    for (const { entity, incidentMs } of series) {
      if (incidentMs === undefined || options.keepOpenIncidents) continue;
      const open = { fromMs: incidentMs, toMs: Math.max(toMs, incidentMs + 1) };
      const normal = spansLabelled(labels.get(entity) ?? [], 0);
      for (const span of without(open, normal)) exclude.push({ ...span, entity, reason: OPEN });
    }
  }
  const inRange = exclude.filter((span) => span.fromMs < toMs && span.toMs > fromMs);
  return { detector, fromMs, toMs, exclude: inRange, maxRows: options.maxRows ?? retraining.budget.rows };
};

const OPEN = "open incident";
const LABELLED = "labelled anomalous";

const labelsByEntity = async (table: Table, detectorId: string): Promise<Map<string, Label[]>> =>
  Map.groupBy(
    (await listLabels(table, detectorId)).map(({ label }) => label),
    ({ entity }) => entity,
  );

type Span = { fromMs: number; toMs: number };

/** Where the label that holds is this one: the spans, in order and apart from each other. */
const spansLabelled = (labels: readonly Label[], wanted: 0 | 1): Span[] => {
  const at = labelAt(labels);
  const bounds = [...new Set(labels.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))].sort((a, b) => a - b);
  const spans: Span[] = [];
  for (const [index, fromMs] of bounds.slice(0, -1).entries()) {
    if (at(fromMs) !== wanted) continue;
    const toMs = bounds[index + 1]!;
    const last = spans.at(-1);
    if (last?.toMs === fromMs) last.toMs = toMs;
    else spans.push({ fromMs, toMs });
  }
  return spans;
};

/** @param holes in order, apart from each other */
const without = ({ fromMs, toMs }: Span, holes: readonly Span[]): Span[] => {
  const left: Span[] = [];
  let from = fromMs;
  for (const hole of holes) {
    if (hole.fromMs > from) left.push({ fromMs: from, toMs: Math.min(hole.fromMs, toMs) });
    from = Math.max(from, hole.toMs);
    if (from >= toMs) break;
  }
  if (from < toMs) left.push({ fromMs: from, toMs });
  return left.filter((span) => span.fromMs < span.toMs);
};
