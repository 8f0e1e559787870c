import { describe, expect, test } from "vitest";
import {
  attribute,
  mapsValue,
  onnxFile,
  type Part,
  type Type,
  tensorValue,
} from "../../../../../test/support/onnx/file.ts";
import { floatTensor, node } from "./graph.ts";
import { ImportManifest } from "./import-manifest.ts";
import { inputOf } from "./input.ts";
import { readModel } from "./read-model.ts";
import { signatureOf } from "./signature.ts";

const manifest = (wanted: object) => ImportManifest.parse({ features: ["a", "b"], ...wanted });
const label = tensorValue("label", "int64", [undefined]);
const out = (name: string, ...shape: (number | undefined)[]) => tensorValue(name, "float", [undefined, ...shape]);
const classifier = (...labels: (number | string)[]) => {
  const isText = typeof labels[0] === "string";
  const classes = isText
    ? attribute.texts("classlabels_strings", labels as string[])
    : attribute.ints("classlabels_int64s", labels as number[]);
  return node({ operator: "SVMClassifier", inputs: ["x"], output: "l", attributes: [classes] });
};
const signature = (outputs: Part[], wanted: object = {}, nodes: Part[] = [], producer = "skl2onnx") =>
  signatureOf(readModel(onnxFile({ nodes, inputs: [], outputs, producer })), manifest(wanted));

const score = (sign: number) => ({ kind: "score", sign });
const probability = (column: number, sign = 1) => ({ kind: "probabilities", column, sign });

describe("signatureOf", () => {
  const anomalous = { higherIsAnomalous: true };
  test.each<[string, Part[], object, Part[], object]>([
    ["a regressor", [out("variable", 1)], anomalous, [], score(1)],
    ["a regressor without a shape", [tensorValue("variable", "float")], anomalous, [], score(1)],
    ["a score of open width", [out("y", undefined)], { higherIsAnomalous: false }, [], score(-1)],
    ["a score without a second dimension", [out("y")], anomalous, [], score(1)],
    ["doubles", [tensorValue("y", "double", [undefined, 1])], anomalous, [], score(1)],
    ["an outlier detector", [label, out("scores", 1)], {}, [], score(-1)],
    ["an outlier detector of open width", [label, out("scores", undefined)], {}, [], score(-1)],
    ["an outlier detector that was turned round", [label, out("scores", 1)], anomalous, [], score(1)],
    ["a binary classifier", [label, out("probabilities", 2)], {}, [classifier(0, 1)], probability(1)],
    ["one of open width", [label, out("p", undefined)], { positiveClass: 0 }, [classifier(0, 1)], probability(0)],
    [
      "a classifier with labels −1 and 1",
      [label, out("p", 2)],
      { positiveClass: -1 },
      [classifier(-1, 1)],
      probability(0),
    ],
    ["a class by its text", [label, out("p", 2)], { positiveClass: "7" }, [classifier(5, 7)], probability(1)],
    [
      "the normal class, turned round",
      [label, out("p", 2)],
      { positiveClass: 0, higherIsAnomalous: false },
      [classifier(0, 1)],
      probability(0, -1),
    ],
    ["a classifier without labels", [label, out("p", 3)], { positiveClass: 2 }, [], probability(2)],
    [
      "classifiers that differ",
      [label, out("p", 3)],
      { positiveClass: 2 },
      [classifier(0, 1), classifier(0, 1, 2)],
      probability(2),
    ],
    ["a network of two classes", [out("logits", 2)], { positiveClass: 1 }, [], probability(1)],
    ["a reconstruction", [out("y", 2)], {}, [], { kind: "reconstruction" }],
    ["a reconstruction of sequences", [out("y", 1, 2)], {}, [], { kind: "reconstruction" }],
    ["a score that says so", [out("y", 2)], { outputIs: "reconstruction" }, [], { kind: "reconstruction" }],
    ["the output that is named", [out("y", 1), out("z", 1)], { output: "z", ...anomalous }, [], score(1)],
  ])("recognises %s", (_what, outputs, wanted, nodes, reading) => {
    expect(signature(outputs, wanted, nodes).reading).toMatchObject(reading);
  });

  test("of a ZipMap it reads the tensor that goes in", () => {
    const attributes = [attribute.texts("classlabels_strings", ["good", "bad"])];
    const zip = node({ operator: "ZipMap", inputs: ["probabilities"], output: "maps", attributes });
    expect(signature([label, mapsValue("maps", "string")], { positiveClass: "bad" }, [zip])).toEqual({
      ...{ output: "maps", positiveClass: "bad", extras: [] },
      reading: { kind: "probabilities", tensor: "probabilities", elementType: 1, column: 1, sign: 1 },
    });
  });

  test("what the product's own exports give besides scores is kept", () => {
    const outputs = [out("scores", 1), out("contributions", 2), out("expected", 2), out("deviation", 2)];
    expect(signature(outputs, {}, [], "tidewatch")).toMatchObject({ extras: ["contributions"], reading: score(1) });
    const scaling = [
      { center: 0, scale: 1 },
      { center: 0, scale: 1 },
    ];
    const all = ["contributions", "expected", "deviation"];
    expect(signature(outputs, { scaling }, [], "tidewatch").extras).toEqual(all);
    expect(signature(outputs, { higherIsAnomalous: false }).extras).toEqual([]);
    expect(signature([out("scores", 1), out("contributions", 5)], { higherIsAnomalous: true }).extras).toEqual([]);
  });

  test.each<[string, Part[], object, Part[], RegExp]>([
    ["no outputs", [], {}, [], /gives no float numbers; its outputs are none/],
    ["labels alone", [label], {}, [], /gives no float numbers; its outputs are label/],
    ["an output that is not there", [out("y", 1)], { output: "z" }, [], /no output "z"; it has y/],
    ["an output of none", [], { output: "z" }, [], /no output "z"; it has none/],
    ["a label for a score", [label, out("y", 1)], { output: "label" }, [], /"label" holds no float numbers/],
    ["several outputs", [out("y", 1), out("z", 1)], {}, [], /several outputs \(y, z\)/],
    ["maps of nobody", [mapsValue("maps", "int64")], {}, [], /"zipmap": False/],
    ["a score of unknown direction", [out("y", 1)], {}, [], /"higherIsAnomalous"/],
    ["odd columns", [out("y", 5)], {}, [], /has 5 columns.*2 columns/],
    ["named classes", [label, out("p", 2)], {}, [classifier("down", "up")], /Say which class.*"down", "up"/],
    [
      "a class that is not there",
      [label, out("p", 2)],
      { positiveClass: 5 },
      [classifier(0, 1)],
      /no class 5.*one of 0, 1/,
    ],
    ["unnamed classes", [label, out("p", 3)], {}, [], /0 to 2, as "positiveClass"/],
    ["a column that is not there", [out("p", 3)], { positiveClass: 3 }, [], /0 to 2/],
    ["a column by name", [out("p", undefined)], { positiveClass: "x" }, [], /from 0, as/],
  ])("asks about %s", (_what, outputs, wanted, nodes, reason) => {
    expect(() => signature(outputs, wanted, nodes)).toThrow(reason);
  });
});

describe("inputOf", () => {
  const input = (inputs: Part[], wanted: object = {}, initializers: Part[] = []) =>
    inputOf(readModel(onnxFile({ nodes: [], inputs, outputs: [], initializers })), manifest(wanted));
  const value = (...shape: (number | string | undefined)[]) => tensorValue("x", "float", shape);

  test("takes a matrix, or sequences, of float or double numbers", () => {
    const found = { name: "x", elementType: 1, isSequence: false };
    expect(input([value("rows", 2)])).toEqual(found);
    expect(input([value(undefined, undefined)])).toEqual(found);
    expect(input([tensorValue("x", "float")])).toEqual(found);
    expect(input([value("rows", 6)], { shingleSize: 3 })).toEqual(found);
    expect(input([value("rows", 3, 2)], { shingleSize: 3 })).toEqual({ ...found, isSequence: true });
    expect(input([tensorValue("x", "double", [undefined, 2])])).toEqual({ ...found, elementType: 11 });
  });

  test("weights that are inputs with a default are none", () => {
    expect(input([value("rows", 2), tensorValue("w", "float", [2])], {}, [floatTensor("w", [2], [1, 2])]).name).toBe(
      "x",
    );
  });

  test.each<[string, Part[], RegExp]>([
    ["no input", [], /0 inputs; it must take one matrix/],
    ["an input per feature", ["a", "b"].map((name) => tensorValue(name, "float", [undefined, 1])), /2 inputs \(a, b\)/],
    ["whole numbers", [tensorValue("x", "int64" satisfies Type, [undefined, 2])], /no matrix of float or double/],
    ["maps", [mapsValue("x", "string")], /no matrix of float or double/],
    ["a fixed number of rows", [value(1, 2)], /exactly 1 rows.*dynamic_axes/],
    [
      "other columns",
      [value("rows", 3)],
      /takes rows × 3; the manifest says 2 features × shingle 1, which is rows × 2/,
    ],
    ["one dimension", [value("rows")], /takes rows;/],
    ["other sequences", [value("rows", 4, undefined)], /takes rows × 4 × \?/],
  ])("refuses %s", (_what, inputs, reason) => {
    expect(() => input(inputs)).toThrow(reason);
  });
});
