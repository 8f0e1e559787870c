import { type Detector, shingleSizeOf, trainingConfig } from "../detector.ts";
import { AppError } from "../errors.ts";
import { featureHash } from "../feature/hash.ts";
import { RowState } from "../feature/rows.ts";
import type { TrainingSeries } from "../model/dataset.ts";
import type { Threads } from "../model/family.ts";
import type { Manifest } from "../model/manifest.ts";
import { checkModelLimits, type SpeedPorts } from "../register/limits.ts";
import { promote, type RegistryPorts, registerModel, reserveVersion } from "../register/models.ts";
import { getDetector } from "../store/detectors.ts";
import type { Point } from "../store/points.ts";
import type { Clock } from "../store/ports.ts";
import { allSeries, readPoints } from "../store/read-series.ts";
import { fitDetector } from "./fit.ts";
import { usablePoints } from "./usable.ts";

export type TrainPorts = RegistryPorts & SpeedPorts & { clock: Clock; threads?: Threads };
/** `trainDetector`, wherever it runs. */
export type Trainer = (detectorId: string) => Promise<Manifest>;

/** Trains where it is called. */
export const trainerOf =
  (ports: TrainPorts): Trainer =>
  (detectorId) =>
    trainDetector(ports, detectorId);

/**
 * Trains a detector on the newest rows of its series, registers the model and makes it champion. Throws `NOT_FOUND` for an
 * unknown detector, `CONFLICT` while there are too few rows, and as `checkModelLimits` for a model too large or too slow.
 */
export const trainDetector = async (ports: TrainPorts, detectorId: string): Promise<Manifest> => {
  const stored = await getDetector(ports.table, detectorId);
  if (!stored) throw new AppError("NOT_FOUND", `there is no detector ${detectorId}`);
  const { detector } = stored;
  const nowMs = ports.clock();
  const config = trainingConfig(detector);
  const options = {
    version: 1,
    seed: config?.seed ?? 0,
    nowMs,
    featureHash: featureHash(detector),
    threads: ports.threads,
  };
  const series = config ? await readTrainingSeries(ports, detector, config.maxTrainingRows) : [];
  const fitted = await fitDetector(detector, series, options);
  await checkModelLimits(ports, fitted.onnx);
  // A number is taken only when there is a model to carry it: a detector that lacks rows would use one up per attempt.
  const manifest = { ...fitted.manifest, version: await reserveVersion(ports, detector.id) };
  await registerModel(ports, { manifest, onnx: fitted.onnx });
  await promote(ports, detector.id, manifest.version, nowMs);
  return manifest;
};

/** The newest rows of each series, the same number for each, that were made with the features that the detector has now. */
const readTrainingSeries = async (
  ports: TrainPorts,
  detector: Detector,
  maxRows: number,
): Promise<TrainingSeries[]> => {
  const entities: string[] = [];
  for await (const { entity } of allSeries(ports.table, detector.id)) entities.push(entity);
  const limit = Math.max(Math.ceil(maxRows / Math.max(1, entities.length)), shingleSizeOf(detector));
  const isUsable = usablePoints(ports, detector);
  const series: TrainingSeries[] = [];
  for (const entity of entities) {
    const points = await readPoints(ports.table, detector.id, entity, { limit });
    series.push(await toTrainingSeries(points, isUsable));
  }
  return series;
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
