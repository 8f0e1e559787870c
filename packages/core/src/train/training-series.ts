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

/** Rows before the first label fill its shingle. */
const BEFORE_LABELS_MS = 3_600_000;

/**
 * The newest rows of each series, the same number for each, that were made with the features that the detector has now. For
 * a family that learns from labels: of the series and the time that have some.
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
  for (const { entity, range, labels } of sources) {
    const points = await readPoints(ports.table, detector.id, entity, { ...range, limit });
    const one = toTrainingSeries(points, isUsable);
    series.push(labels ? { ...one, labels: Array.from(one.timestamps, labelAt(labels)) } : one);
  }
  return series;
};

type Source = { entity: string; range?: PointQuery; labels?: readonly Label[] };

const allSources = async (table: Table, detectorId: string): Promise<Source[]> => {
  const sources: Source[] = [];
  for await (const { entity } of allSeries(table, detectorId)) sources.push({ entity });
  return sources;
};

const labelledSources = async (table: Table, detectorId: string): Promise<Source[]> => {
  const labels = (await listLabels(table, detectorId)).map(({ label }) => label);
  return [...Map.groupBy(labels, ({ entity }) => entity)].map(([entity, own]) => {
    // They are in time order.
    const fromMs = own[0]!.fromMs - BEFORE_LABELS_MS;
    const toMs = own.reduce((latest, label) => Math.max(latest, label.toMs), 0);
    return { entity, range: { fromMs, toMs }, labels: own };
  });
};

const toTrainingSeries = (points: readonly Point[], isUsable: (point: Point) => boolean): TrainingSeries => ({
  timestamps: points.map(({ timestampMs }) => timestampMs),
  rows: points.map((point) => (point.state !== RowState.skipped && isUsable(point) ? point.values : null)),
  imputed: points.map(({ state }) => state === RowState.imputed),
});
