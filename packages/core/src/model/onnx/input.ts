import { AppError } from "../../errors.ts";
import type { ImportManifest } from "./import-manifest.ts";
import type { OnnxModel } from "./read-model.ts";
import { ElementType } from "./read-value.ts";

/** The one input of a model. `isSequence`: it takes rows × shingle × features, otherwise rows × (shingle · features). */
export type ModelInput = { name: string; elementType: number; isSequence: boolean };

const refused = (reason: string): AppError => new AppError("VALIDATION", reason);

/**
 * Finds the model's input and checks that it takes the vectors that the manifest describes. Inputs that have a default in
 * the file are weights: the file's own values are used.
 *
 * @throws AppError VALIDATION
 */
export const inputOf = (model: OnnxModel, { features, shingleSize }: ImportManifest): ModelInput => {
  const defaults = new Set(model.initializers.map(({ name }) => name));
  const inputs = model.inputs.filter(({ name }) => !defaults.has(name));
  const [input] = inputs;
  if (!input || inputs.length > 1) {
    const names = inputs.map(({ name }) => name).join(", ");
    throw refused(
      `The model has ${inputs.length} inputs${names && ` (${names})`}; it must take one matrix of all features. In ` +
        'scikit-learn: initial_types=[("rows", FloatTensorType([None, N]))].',
    );
  }
  const { name, type } = input;
  if (type.kind !== "tensor" || (type.elementType !== ElementType.float && type.elementType !== ElementType.double)) {
    throw refused(
      `The input "${name}" is no matrix of float or double numbers, which is what rows of metrics are: export the model ` +
        "with a float input (FloatTensorType, torch.float32).",
    );
  }
  const shape = type.shape ?? [undefined, undefined];
  const [rows, ...rest] = shape;
  if (rows !== undefined) {
    throw refused(
      `The input "${name}" takes exactly ${rows} rows at a time. Export the model with a free first dimension ` +
        '(None in scikit-learn, dynamic_axes={"x": {0: "rows"}} in PyTorch).',
    );
  }
  const isSequence = rest.length === 2;
  const expected = isSequence ? [shingleSize, features.length] : [features.length * shingleSize];
  const fits = rest.length === expected.length && rest.every((size, at) => size === undefined || size === expected[at]);
  if (!fits) {
    const takes = ["rows", ...rest.map((size) => size ?? "?")].join(" × ");
    throw refused(
      `The input "${name}" takes ${takes}; the manifest says ${features.length} features × shingle ${shingleSize}, which is ` +
        `rows × ${features.length * shingleSize}, or rows × ${shingleSize} × ${features.length}.`,
    );
  }
  return { name, elementType: type.elementType, isSequence };
};
