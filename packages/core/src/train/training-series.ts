import { type Detector, shingleSizeOf } from "../detector.ts";
import { RowState } from "../feature/rows.ts";
import type { TrainingSeries } from "../model/dataset.ts";
import { learnsFromLabels } from "../model/families.ts";
import type { RegistryPorts } from "../register/models.ts";
import { type Label, listLabels } from "../store/labels.ts";
import type { Point } from "../store/points.ts";
import type { Table } from "../store/ports.ts";
import { allSeries, type PointQuery, readPoints } from "../store/read-series.ts";
import { labelAt } from "./row-labels.ts";
import { usablePoints } from "./usable.ts";

/** Rows before a label fill its first shingle. */
const BEFORE_LABELS_MS = 3_600_000;
/** Labels that are nearer to each other than this are read in one go: a day has 24 chunks, and a query gives 200. */
const NEAR_MS = 24 * 3_600_000;

/**
 * The newest rows of each series, the same number for each, that were made with the features that the detector has now. For
 * a family that learns from labels: of the series that have some, and of the time around them.
 */
export const readTrainingSeries = async (
  ports: RegistryPorts,
  detector: Detector,
  maxRows: number,
): Promise<TrainingSeries[]> => {
  const sources = await (learnsFromLabels(detector.model) ? labelledSources : allSources)(ports.table, detector.id);
  const limit = Math.max(Math.ceil(maxRows / Math.max(1, sources.length)), shingleSizeOf(detector));
  const isUsable = usablePoints(detector);
  const series: TrainingSeries[] = [];
  for (const { entity, stretches, labels } of sources) {
    const at = labels && labelAt(labels);
    let left = limit;
    for (const stretch of stretches) {
      if (left <= 0) break;
      const points = await readPoints(ports.table, detector.id, entity, { ...stretch, limit });
      const one = toTrainingSeries(points, isUsable);
      const known = at && Array.from(one.timestamps, at);
      series.push(known ? { ...one, labels: known } : one);
      left -= known ? known.filter((label) => label !== null).length : points.length;
    }
  }
  return series;
};

/** A series, the stretches of time to read of it, newest first, and its labels. */
type Source = { entity: string; stretches: readonly PointQuery[]; labels?: readonly Label[] };

const allSources = async (table: Table, detectorId: string): Promise<Source[]> => {
  const sources: Source[] = [];
  for await (const { entity } of allSeries(table, detectorId)) sources.push({ entity, stretches: [{}] });
  return sources;
};

const labelledSources = async (table: Table, detectorId: string): Promise<Source[]> => {
  const all = (await listLabels(table, detectorId)).map(({ label }) => label);
  const ofEntity = Map.groupBy(all, ({ entity }) => entity);
  return [...ofEntity].map(([entity, labels]) => ({ entity, stretches: stretchesOf(labels), labels }));
};

/** @param labels in time order */
const stretchesOf = (labels: readonly Label[]): PointQuery[] => {
  const stretches: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of labels) {
    const last = stretches.at(-1);
    if (last && fromMs <= last.toMs + NEAR_MS) last.toMs = Math.max(last.toMs, toMs);
    else stretches.push({ fromMs: fromMs - BEFORE_LABELS_MS, toMs });
  }
  return stretches.reverse();
};

const toTrainingSeries = (points: readonly Point[], isUsable: (point: Point) => boolean): TrainingSeries => ({
  timestamps: points.map(({ timestampMs }) => timestampMs),
  rows: points.map((point) => (point.state !== RowState.skipped && isUsable(point) ? point.values : null)),
  imputed: points.map(({ state }) => state === RowState.imputed),
});
