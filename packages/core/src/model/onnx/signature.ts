import { AppError } from "../../errors.ts";
import { ModelOutput } from "../scorer.ts";
import type { ImportManifest } from "./import-manifest.ts";
import type { Label } from "./read-attribute.ts";
import type { OnnxModel } from "./read-model.ts";
import { ElementType, type Value } from "./read-value.ts";

/** How one number per row is made of what a model gives. `sign` −1 where lower is stranger. */
export type Reading = { tensor: string; elementType: number } & (
  | { kind: "score"; sign: 1 | -1 }
  | { kind: "probabilities"; column: number; sign: 1 | -1 }
  | { kind: "reconstruction" }
);

/** What is read, in the words of the report and the manifest. */
export type Signature = {
  reading: Reading;
  output: string;
  positiveClass?: Label;
  /** Further outputs that the scorer knows (`ModelOutput`), in units of scaled rows. */
  extras: readonly string[];
};

const refused = (reason: string): AppError => new AppError("VALIDATION", reason);

/**
 * Finds out which output to read and what it means: by the manifest where it says so, else by the shapes that scikit-learn's
 * and PyTorch's exports have.
 *
 * @throws AppError VALIDATION that says which key of the manifest would decide it
 */
export const signatureOf = (model: OnnxModel, manifest: ImportManifest): Signature => {
  const value = outputOf(model, manifest);
  const target = targetOf(model, value);
  const kind = manifest.outputIs ?? kindOf(model, manifest, target);
  const { tensor, elementType } = target;
  const extras: string[] = [];
  if (kind === "reconstruction") return { output: value.name, extras, reading: { kind, tensor, elementType } };
  if (kind === "score") {
    const sign = signOf(manifest.higherIsAnomalous ?? usualDirection(model, target));
    if (value.name === SCORES && sign > 0) extras.push(...extrasOf(model, manifest));
    return { output: value.name, extras, reading: { kind, tensor, elementType, sign } };
  }
  const { column, positiveClass } = columnOf(target, manifest);
  const sign = signOf(manifest.higherIsAnomalous ?? true);
  const reading: Reading = { kind: "probabilities", tensor, elementType, column, sign };
  return { output: value.name, positiveClass, extras, reading };
};

const signOf = (higherIsAnomalous: boolean): 1 | -1 => (higherIsAnomalous ? 1 : -1);

const REAL: readonly number[] = [ElementType.float, ElementType.double];
const isReal = ({ type }: Value): boolean => type.kind === "tensor" && REAL.includes(type.elementType);
/** scikit-learn's classifiers and outlier detectors give the predicted class first. */
const isLabel = ({ type }: Value): boolean =>
  type.kind === "tensor" && (type.elementType === ElementType.int64 || type.elementType === ElementType.string);
/** Sequences of maps, from label to probability. */
const isZipped = ({ type }: Value): boolean => type.kind === "other";

/** The names that the product's own exports use. */
const SCORES = "scores";

/**
 * What else a model that was made for the product gives: contributions, and the forecast where the manifest says the scaling
 * that it is in. One column per feature each.
 */
const extrasOf = ({ outputs }: OnnxModel, { features, scaling }: ImportManifest): string[] => {
  const has = (name: string): boolean => {
    const value = outputs.find((output) => output.name === name);
    return value?.type.kind === "tensor" && isReal(value) && value.type.shape?.[1] === features.length;
  };
  const forecast = [ModelOutput.expected, ModelOutput.deviation];
  const hasForecast = scaling !== undefined && forecast.every(has);
  return [...[ModelOutput.contributions].filter(has), ...(hasForecast ? forecast : [])];
};

const outputOf = ({ outputs }: OnnxModel, { output }: ImportManifest): Value => {
  const names = outputs.map(({ name }) => name).join(", ");
  if (output !== undefined) {
    const named = outputs.find(({ name }) => name === output);
    if (!named) throw refused(`The model has no output "${output}"; it has ${names || "none"}.`);
    if (isReal(named) || isZipped(named)) return named;
    throw refused(`The output "${output}" holds no float numbers, and can be no score; the outputs are ${names}.`);
  }
  const candidates = outputs.filter((value) => isReal(value) || isZipped(value));
  const [only] = candidates;
  if (only && candidates.length === 1) return only;
  const scores = candidates.find(({ name }) => name === SCORES);
  if (scores) return scores;
  if (candidates.length === 0) throw refused(`The model gives no float numbers; its outputs are ${names || "none"}.`);
  throw refused(`The model has several outputs (${names}): name the one to read, "output" in the manifest.`);
};

/** `width`: columns, where the file says so. `labels`: what they stand for. */
type Target = {
  name: string;
  tensor: string;
  elementType: number;
  rank: number | undefined;
  width: number | undefined;
  labels: readonly Label[] | undefined;
  isZipped: boolean;
};

const targetOf = (model: OnnxModel, { name, type }: Value): Target => {
  if (type.kind === "tensor") {
    const { elementType, shape } = type;
    const width = shape && (shape.length < 2 ? 1 : shape.at(-1));
    const labels = commonLabels(model);
    return { name, tensor: name, elementType, rank: shape?.length, width, labels, isZipped: false };
  }
  // What ZipMap puts into maps is the very tensor that is wanted: it is read instead, and the ZipMap left out.
  const zipMap = model.nodes.find(({ operator, outputs }) => operator === "ZipMap" && outputs.includes(name));
  const tensor = zipMap?.inputs[0];
  if (!zipMap || tensor === undefined) {
    throw refused(
      `The output "${name}" is no tensor. Export the model so that it gives one, in scikit-learn by options={"zipmap": False}.`,
    );
  }
  const { labels } = zipMap;
  return { name, tensor, elementType: ElementType.float, rank: 2, width: labels?.length, labels, isZipped: true };
};

/** The classes of the file's classifiers, when all of them have the same. */
const commonLabels = ({ nodes }: OnnxModel): readonly Label[] | undefined => {
  const all = nodes.flatMap(({ labels }) => (labels ? [labels] : []));
  const [first] = all;
  const isSame = all.every((labels) => labels.join("\n") === first!.join("\n"));
  return isSame ? first : undefined;
};

const kindOf = (model: OnnxModel, manifest: ImportManifest, target: Target) => {
  const { width, labels, name, rank } = target;
  if (target.isZipped || manifest.positiveClass !== undefined) return "probabilities";
  if (model.outputs.some(isLabel)) {
    if (width === 1 || (width === undefined && !labels)) return "score";
    return "probabilities";
  }
  const columns = manifest.features.length * manifest.shingleSize;
  if (width === 1 || rank === 1 || rank === undefined) return "score";
  if (rank === 3 || width === columns) return "reconstruction";
  if (width === undefined) return "score";
  throw refused(
    `The output "${name}" has ${width} columns: it is not one number a row, and no reconstruction of the ${columns} columns ` +
      'that the manifest describes. Say what it is by "outputIs", and of a classifier by "positiveClass".',
  );
};

/** Of a score whose direction the manifest leaves open. The wrong one would find everything but anomalies: no guess. */
const usualDirection = (model: OnnxModel, { name, width }: Target): boolean => {
  // scikit-learn's outlier detectors: a label, 1 or −1, and the decision function, which is lower for stranger rows.
  if (model.outputs.some(isLabel) && name === SCORES && (width ?? 1) === 1) return false;
  if (model.producer === "tidewatch" && name === SCORES) return true;
  throw refused(
    `Whether a higher "${name}" is stranger cannot be seen in the file: say it by "higherIsAnomalous" in the manifest.`,
  );
};

const columnOf = (
  { labels, width, name }: Target,
  { positiveClass }: ImportManifest,
): { column: number; positiveClass: Label } => {
  if (labels && (width === undefined || width === labels.length)) {
    const wanted = positiveClass ?? (labels.join() === "0,1" ? 1 : undefined);
    const column = labels.findIndex((label) => String(label) === String(wanted));
    if (column >= 0) return { column, positiveClass: labels[column]! };
    const known = labels
      .slice(0, 20)
      .map((label) => JSON.stringify(label))
      .join(", ");
    const what =
      wanted === undefined ? "Say which class is the anomaly" : `There is no class ${JSON.stringify(wanted)}`;
    throw refused(`${what}: "positiveClass" in the manifest, one of ${known}.`);
  }
  if (typeof positiveClass === "number" && positiveClass >= 0 && positiveClass < (width ?? Number.POSITIVE_INFINITY)) {
    return { column: positiveClass, positiveClass };
  }
  const range = width === undefined ? "from 0" : `0 to ${width - 1}`;
  throw refused(
    `The file does not name the classes of "${name}": give the column of the anomaly, ${range}, as "positiveClass".`,
  );
};
