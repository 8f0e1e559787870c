import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attribute, onnxFile } from "../../../../../test/support/onnx/file.ts";
import { sklearnClassifier, sklearnLogistic } from "../../../../../test/support/onnx/sklearn.ts";
import { AppError } from "../../errors.ts";
import { checkFormat, checkModel } from "./check.ts";
import { node } from "./graph.ts";
import { ImportManifest } from "./import-manifest.ts";
import { inputOf } from "./input.ts";
import { bytesField, concat, intField } from "./protobuf.ts";
import { readModel } from "./read-model.ts";
import { rewriteModel } from "./rewrite.ts";
import { signatureOf } from "./signature.ts";

const classifier = sklearnClassifier({
  ...{ columns: 3, labels: ["good", "bad"], zipMap: true, threshold: 1, below: 0.1, above: 0.9 },
  scaler: { mean: [1, 2, 3], scale: [1, 1, 1] },
});

const wanted = ImportManifest.parse({ features: ["a", "b", "c"], positiveClass: "bad" });
/** All that an import does with a file before it is run. */
const take = (file: Uint8Array): Uint8Array => {
  checkFormat(file);
  const model = readModel(file);
  checkModel(model);
  const input = inputOf(model, wanted);
  return rewriteModel(model, { input, ...signatureOf(model, wanted), featureCount: 3, shingleSize: 1 });
};

describe("hostile files", () => {
  const expectNameable = (file: Uint8Array): void => {
    try {
      take(file);
    } catch (error) {
      if (!(error instanceof AppError && error.code === "VALIDATION")) throw error;
    }
  };
  const files = [classifier, sklearnLogistic([1, 2, 3], 0, true), take(classifier)];

  test("cut off anywhere, a file is taken or refused by name", () => {
    for (const file of files) for (let end = 0; end < file.length; end++) expectNameable(file.slice(0, end));
  });

  test("so it is with any bytes changed", () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 8 }), (file, changes) => {
        const changed = Uint8Array.from(file);
        for (const [at, value] of changes) changed[at % changed.length] = value;
        expectNameable(changed);
      }),
      { numRuns: 2000 },
    );
  });

  test("and with any bytes at all", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), expectNameable), { numRuns: 1000 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        expectNameable(concat([intField(1, 8), bytesField(7, bytes)])),
      ),
      { numRuns: 1000 },
    );
  });

  test("half a million weights in one attribute are no matter", () => {
    const weights = new Array<number>(500_000).fill(0.5);
    const tree = node({
      operator: "TreeEnsemble",
      ...{ inputs: [], output: "y", attributes: [attribute.floats("nodes_values", weights)] },
    });
    expect(readModel(onnxFile({ nodes: [tree], inputs: [], outputs: [] })).nodes).toHaveLength(1);
  });

  test("a file that an import made is not imported again", () => {
    expect(() => take(take(classifier))).toThrow(/import the original file/);
  });
});
