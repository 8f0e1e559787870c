import { ImportManifest } from "@tidewatch/core/model/onnx/import-manifest";
import { inputOf } from "@tidewatch/core/model/onnx/input";
import { readModel } from "@tidewatch/core/model/onnx/read-model";
import { rewriteModel } from "@tidewatch/core/model/onnx/rewrite";
import { signatureOf } from "@tidewatch/core/model/onnx/signature";
import type { Scaling } from "@tidewatch/core/model/scaling";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { expect } from "vitest";

/** What an import makes of a file for three features, unless said otherwise. */
export const imported = (file: Uint8Array, wanted: object, undo?: readonly Scaling[]) => {
  const model = readModel(file);
  const manifest = ImportManifest.parse({ features: ["a", "b", "c"], ...wanted });
  const signature = signatureOf(model, manifest);
  const { reading, extras } = signature;
  const plan = { input: inputOf(model, manifest), reading, extras, featureCount: manifest.features.length, undo };
  const onnx = rewriteModel(model, { ...plan, shingleSize: manifest.shingleSize });
  return { signature, onnx };
};

/** Its scores by ONNX Runtime. */
export const run = async (onnx: Uint8Array, rows: readonly number[]): Promise<number[]> => {
  const model = await onnxRuntime().load(onnx);
  return [...(await model.run(Float32Array.from(rows), rows.length / model.columns))];
};

/** float32 against doubles. */
const TOLERANCE = 1e-5;
export const expectClose = (given: readonly number[], wanted: readonly number[]): void => {
  expect(given.length).toBe(wanted.length);
  for (const [at, value] of wanted.entries()) {
    expect(Math.abs(given[at]! - value)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(value)));
  }
};
