import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type Detector, featureNames, shingleSizeOf, trainingConfig } from "../detector.ts";
import { AppError } from "../errors.ts";
import { fitCalibration } from "../model/calibration.ts";
import { countLabelled, countVectors, type Dataset, type TrainingSeries } from "../model/dataset.ts";
import { familyOf, learnsFromLabels } from "../model/families.ts";
import type { Family, Threads } from "../model/family.ts";
import type { Manifest } from "../model/manifest.ts";
import { missingLabels } from "./labelled.ts";

export type FitOptions = {
  version: number;
  seed: number;
  nowMs: number;
  featureHash: string;
  threads?: Threads | undefined;
};
export type FittedModel = { manifest: Manifest; onnx: Uint8Array };

/**
 * Fits a detector's model on its series: the family's own training, then the calibration that all share. The same series,
 * options and detector give the same bytes. Throws `CONFLICT` while there are fewer rows than the detector wants, or
 * fewer labels, and for families that are not trained.
 */
export const fitDetector = async (
  detector: Detector,
  series: readonly TrainingSeries[],
  options: FitOptions,
): Promise<FittedModel> => {
  const family = familyOf(detector.model);
  const config = trainingConfig(detector);
  if (family.kind !== "trained" || !config) throw notTrained(detector, family.kind);
  const features = featureNames(detector);
  const dataset = { features, shingleSize: shingleSizeOf(detector), maxRows: config.maxTrainingRows, series };
  checkEnough(detector, dataset, config.minTrainingRows);
  const trainer = await family.trainer();
  const file = trainer.export(await trainer.fit(dataset, config, options.seed, options.threads));
  const manifest: Manifest = {
    format: 1,
    name: detector.id,
    version: options.version,
    family: config.family,
    params: file.params,
    features,
    shingleSize: dataset.shingleSize,
    scaling: file.scaling,
    ...(file.ranges ? { ranges: file.ranges } : {}),
    calibration: fitCalibration(file.referenceScores, file.leastTailScale),
    featureHash: options.featureHash,
    trainedAtMs: options.nowMs,
    trainingRows: file.trainingRows,
    trainingFromMs: file.trainingSpanMs[0],
    trainingToMs: file.trainingSpanMs[1],
    seed: options.seed,
    onnxSha256: bytesToHex(sha256(file.onnx)),
    onnxBytes: file.onnx.length,
  };
  return { manifest, onnx: file.onnx };
};

const notTrained = ({ id, model }: Detector, kind: Family["kind"]): AppError => {
  const how = kind === "online" ? "learns row by row from the first one on" : "is imported";
  return new AppError("CONFLICT", `detector ${id} has nothing to train: the family ${model.family} ${how}`);
};

/** @throws AppError CONFLICT with what is lacking */
export const checkEnough = (detector: Detector, dataset: Dataset, needed: number): void => {
  if (learnsFromLabels(detector.model)) {
    const missing = missingLabels(countLabelled(dataset), needed);
    if (!missing) return;
    throw new AppError("CONFLICT", `detector ${detector.id} learns from labels: ${missing.text}`);
  }
  const count = countVectors(dataset);
  if (count >= needed) return;
  const { shingleSize } = dataset;
  const rows = shingleSize > 1 ? `rows that end ${shingleSize} complete ones in a row` : "complete rows";
  throw new AppError(
    "CONFLICT",
    `detector ${detector.id} needs ${needed} ${rows} to train and has ${count}: ${needed - count} more`,
  );
};
