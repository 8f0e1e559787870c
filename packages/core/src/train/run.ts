import { isLogDetector } from "../any-detector.ts";
import { type Detector, trainingConfig } from "../detector.ts";
import { AppError } from "../errors.ts";
import { featureHash } from "../feature/hash.ts";
import type { Threads } from "../model/family.ts";
import type { Manifest } from "../model/manifest.ts";
import { checkModelLimits, type SpeedPorts } from "../register/limits.ts";
import { type AnyManifest, isLogManifest } from "../register/log-models.ts";
import { promote, type RegistryPorts, registerModel, reserveVersion } from "../register/models.ts";
import { getDetector, getMetricDetector } from "../store/detectors.ts";
import type { Clock } from "../store/ports.ts";
import { fitDetector } from "./fit.ts";
import { trainLogDetector } from "./log/run.ts";
import { readTrainingSeries } from "./training-series.ts";

export type TrainPorts = RegistryPorts & SpeedPorts & { clock: Clock; threads?: Threads };
export type TrainedModel = { name: string; version: number; trainingRows: number; unreadableItems?: number };
/** `trainDetector`, wherever it runs. `trainingRows` of a log detector are sessions; `unreadableItems` is left out for none. */
export type Trainer = (detectorId: string) => Promise<TrainedModel>;

/** Trains where it is called. */
export const trainerOf =
  (ports: TrainPorts): Trainer =>
  async (detectorId) =>
    trainedModel(await trainDetector(ports, detectorId));

const trainedModel = (manifest: AnyManifest): TrainedModel => ({
  name: manifest.name,
  version: manifest.version,
  trainingRows: isLogManifest(manifest) ? manifest.trainingSessions : manifest.trainingRows,
  ...(isLogManifest(manifest) && manifest.unreadableItems > 0 && { unreadableItems: manifest.unreadableItems }),
});

/**
 * Trains a detector on the newest rows of its series, or on its newest sessions, registers the model and makes it champion.
 * Throws `NOT_FOUND` for an unknown detector, `CONFLICT` while there are too few rows or sessions, or too few labels where the
 * family learns from them, and as `checkModelLimits` for a model too large or too slow.
 */
export const trainDetector = async (ports: TrainPorts, detectorId: string): Promise<AnyManifest> => {
  const stored = (await getDetector(ports.table, detectorId)) ?? (await getMetricDetector(ports.table, detectorId));
  if (!stored) throw new AppError("NOT_FOUND", `there is no detector ${detectorId}`);
  const { detector } = stored;
  return isLogDetector(detector) ? await trainLogDetector(ports, detector) : await trainOnRows(ports, detector);
};

const trainOnRows = async (ports: TrainPorts, detector: Detector): Promise<Manifest> => {
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
  await promote(ports, detector.id, manifest.version, nowMs, TRAINED);
  return manifest;
};

const TRAINED = { by: "training", reason: "trained on the newest rows of its detector" };
