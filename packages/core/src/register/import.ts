import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type Detector, featureNames } from "../detector.ts";
import { AppError } from "../errors.ts";
import { featureHash } from "../feature/hash.ts";
import type { Manifest } from "../model/manifest.ts";
import { checkFormat, checkModel } from "../model/onnx/check.ts";
import type { ImportManifest } from "../model/onnx/import-manifest.ts";
import { inputOf } from "../model/onnx/input.ts";
import { type OnnxModel, readModel } from "../model/onnx/read-model.ts";
import { NO_NUMBER, rewriteModel } from "../model/onnx/rewrite.ts";
import { type Signature, signatureOf } from "../model/onnx/signature.ts";
import type { Scaling } from "../model/scaling.ts";
import { getMetricDetector } from "../store/detectors.ts";
import type { Clock } from "../store/ports.ts";
import type { ModelExaminer } from "./examine.ts";
import { givenCalibration, referenceCalibration } from "./import-calibration.ts";
import { type Reference, trialRows } from "./import-reference.ts";
import { checkModelSize } from "./limits.ts";
import { type RegistryPorts, registerModel, reserveVersion } from "./models.ts";

export type ImportPorts = RegistryPorts & { clock: Clock; examine: ModelExaminer };
/** `reference`: rows that are known to be normal, and that the model was not trained on. */
export type ImportOrder = {
  detectorId: string;
  onnx: Uint8Array;
  manifest: ImportManifest;
  reference?: Reference | undefined;
};
export type Imported = { manifest: Manifest; signature: Signature; msPerRow: number };

/**
 * Takes a model that was made elsewhere into the registry: checks the file, makes it a model like all others (`rewriteModel`),
 * tries it where it can do no harm, calibrates its scores, and registers it as a new version of its detector's model. It is
 * not in use before it is promoted.
 *
 * @throws AppError NOT_FOUND (detector), VALIDATION, TOO_LARGE; each says what to do
 */
export const importModel = async (ports: ImportPorts, order: ImportOrder): Promise<Imported> => {
  const stored = await getMetricDetector(ports.table, order.detectorId);
  if (!stored) throw new AppError("NOT_FOUND", `There is no detector "${order.detectorId}" for this model.`);
  const { detector } = stored;
  const { manifest: wanted, reference } = order;
  checkDetector(detector, wanted);
  checkFormat(order.onnx);
  checkModelSize(order.onnx.length);
  const source = readModel(order.onnx);
  checkModel(source);
  const input = inputOf(source, wanted);
  const signature = signatureOf(source, wanted);
  if (!reference && !wanted.calibration) throw uncalibrated();
  const trial = trialRows(wanted, reference);
  const { shingleSize } = wanted;
  const { reading, extras } = signature;
  const plan = { input, reading, extras, undo: trial.undo, featureCount: wanted.features.length, shingleSize };
  const onnx = rewriteModel(source, plan);
  const { scores, msPerRow } = await ports.examine(onnx, trial.vectors, trial.rowCount);
  if (reference) checkFinite(scores);
  const calibration = wanted.calibration
    ? givenCalibration(wanted.calibration, reading)
    : referenceCalibration(scores, reading);
  const params = paramsOf(order, source, signature, msPerRow);
  const facts = { ...factsOf(detector, wanted, trial.scaling, onnx), calibration, params, trainedAtMs: ports.clock() };
  const version = await reserveVersion(ports, detector.id);
  const [trainingFromMs, trainingToMs] = trial.spanMs ?? [facts.trainedAtMs, facts.trainedAtMs];
  const trainingRows = reference ? trial.rowCount : 0;
  const manifest: Manifest = { format: 1, ...facts, version, trainingRows, trainingFromMs, trainingToMs };
  await registerModel(ports, { manifest, onnx });
  return { manifest, signature, msPerRow };
};

const uncalibrated = (): AppError =>
  new AppError(
    "VALIDATION",
    "What a usual score of this model is cannot be known from its file: give rows that are normal (--reference), or " +
      '"calibration" in the manifest.',
  );

/** Of made-up rows a model may well have no score; of normal ones it must. */
const checkFinite = (scores: Float32Array): void => {
  const strange = scores.findIndex((value) => !(Math.abs(value) < NO_NUMBER));
  if (strange < 0) return;
  throw new AppError(
    "VALIDATION",
    `Reference row ${strange + 1} of ${scores.length} gets no finite score. Does the model take scaled rows? Then say "scaling".`,
  );
};

/** The model must have been made for the rows that the detector makes, and nobody may train another one over it. */
const checkDetector = (detector: Detector, { features, shingleSize }: ImportManifest): void => {
  const { family } = detector.model;
  if (family !== "onnx") {
    throw new AppError(
      "CONFLICT",
      `Detector "${detector.id}" has the model family ${family}, which makes its own models; set its "model" to {"family": "onnx"} first.`,
    );
  }
  const names = featureNames(detector);
  if (names.join("\n") !== features.join("\n")) {
    throw new AppError(
      "VALIDATION",
      `The manifest's features are ${features.join(", ")}; detector "${detector.id}" has ${names.join(", ")}. They must be the same, in the same order.`,
    );
  }
  if (detector.shingleSize === shingleSize) return;
  throw new AppError(
    "VALIDATION",
    `The manifest's shingleSize is ${shingleSize}; detector "${detector.id}" has ${detector.shingleSize}. Change one of them.`,
  );
};

const factsOf = (
  detector: Detector,
  { features, shingleSize }: ImportManifest,
  scaling: Scaling[],
  onnx: Uint8Array,
) => ({
  name: detector.id,
  family: "onnx",
  features,
  shingleSize,
  scaling,
  featureHash: featureHash(detector),
  seed: 0,
  onnxSha256: bytesToHex(sha256(onnx)),
  onnxBytes: onnx.length,
});

/** What explains the version later: where it came from, and how its output is read. */
const paramsOf = ({ onnx, manifest }: ImportOrder, source: OnnxModel, signature: Signature, msPerRow: number) => {
  const { reading, output, positiveClass } = signature;
  return {
    ...(manifest.description === undefined ? {} : { description: manifest.description }),
    source: {
      sha256: bytesToHex(sha256(onnx)),
      bytes: onnx.length,
      producer: source.producer,
      irVersion: source.irVersion,
      opsets: Object.fromEntries([...source.opsets].map(([domain, version]) => [domain || "ai.onnx", version])),
    },
    output,
    outputIs: reading.kind,
    ...(positiveClass === undefined ? {} : { positiveClass }),
    ...(reading.kind === "reconstruction" ? {} : { higherIsAnomalous: reading.sign > 0 }),
    msPerRow,
  };
};
