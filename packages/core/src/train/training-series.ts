import { type Detector, shingleSizeOf } from "../detector.ts";
import { configHash, featureHash } from "../feature/hash.ts";
import { RowState } from "../feature/rows.ts";
import type { TrainingSeries } from "../model/dataset.ts";
import { learnsFromLabels } from "../model/families.ts";
import { loadManifest, type RegistryPorts } from "../register/models.ts";
import { type Label, listLabels } from "../store/labels.ts";
import type { Point } from "../store/points.ts";
import type { Table } from "../store/ports.ts";
import { allSeries, type PointQuery, readHead, readPoints } from "../store/read-series.ts";
import { labelAt } from "./row-labels.ts";

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
  const hasFeatures = presentFeatures(ports, detector);
  const series: TrainingSeries[] = [];
  for (const { entity, stretches, labels } of sources) {
    const at = labels && labelAt(labels);
    const since = await rowsSince(ports.table, detector, entity);
    const isUsable = async (point: Point) => point.row >= since || (await hasFeatures(point));
    let left = limit;
    for (const stretch of stretches) {
      if (left <= 0) break;
      const points = await readPoints(ports.table, detector.id, entity, { ...stretch, limit });
      const one = await toTrainingSeries(points, isUsable);
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

/**
 * A running number from which on a series' rows surely have the present features: what its levels have learnt began anew
 * when they changed, and a row is learnt once at most.
 */
const rowsSince = async (table: Table, detector: Detector, entity: string): Promise<number> => {
  const head = await readHead(table, detector.id, entity);
  return head?.featureHash === featureHash(detector) ? head.rows - head.levels.rows : Number.POSITIVE_INFINITY;
};

/**
 * Of older rows: points do not say which features they have. They have the present ones when the detector document is the present one, or
 * when the model that scored them was made for the same features.
 */
const presentFeatures = (ports: RegistryPorts, detector: Detector) => {
  const [config, features] = [configHash(detector), featureHash(detector)];
  const fits = new Map<number, Promise<boolean>>([[0, Promise.resolve(false)]]);
  const modelFits = async (version: number) => {
    const manifest = await loadManifest(ports, detector.id, version);
    return manifest.featureHash === features;
  };
  return async (point: Point): Promise<boolean> => {
    if (point.configHash === config) return true;
    const known = fits.get(point.modelVersion) ?? modelFits(point.modelVersion);
    fits.set(point.modelVersion, known);
    return await known;
  };
};

const toTrainingSeries = async (
  points: readonly Point[],
  isUsable: (point: Point) => Promise<boolean>,
): Promise<TrainingSeries> => {
  const rows: TrainingSeries["rows"][number][] = [];
  for (const point of points) {
    const isRow = point.state !== RowState.skipped && (await isUsable(point));
    rows.push(isRow ? point.values : null);
  }
  return {
    timestamps: points.map(({ timestampMs }) => timestampMs),
    rows,
    imputed: points.map(({ state }) => state === RowState.imputed),
  };
};
