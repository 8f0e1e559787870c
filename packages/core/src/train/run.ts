import { trainingConfig } from "../detector.ts";
import { AppError } from "../errors.ts";
import { featureHash } from "../feature/hash.ts";
import type { Threads } from "../model/family.ts";
import type { Manifest } from "../model/manifest.ts";
import { checkModelLimits, type SpeedPorts } from "../register/limits.ts";
import { promote, type RegistryPorts, registerModel, reserveVersion } from "../register/models.ts";
import { getMetricDetector } from "../store/detectors.ts";
import type { Clock } from "../store/ports.ts";
import { fitDetector } from "./fit.ts";
import { readTrainingSeries } from "./training-series.ts";

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
 * unknown detector, `CONFLICT` while there are too few rows, or too few labels where the family learns from them, and as `checkModelLimits` for a model too large or too slow.
 */
export const trainDetector = async (ports: TrainPorts, detectorId: string): Promise<Manifest> => {
  const stored = await getMetricDetector(ports.table, detectorId);
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
