import { describe, expect, test } from "vitest";
import {
  attribute,
  boolTensor,
  graphPart,
  mapsValue,
  onnxFile,
  tensorValue,
} from "../../../../../test/support/onnx/file.ts";
import { sklearnClassifier } from "../../../../../test/support/onnx/sklearn.ts";
import { checkFormat, checkModel } from "./check.ts";
import { floatTensor, node } from "./graph.ts";
import { bytesField, concat, intField, messageField, textField } from "./protobuf.ts";
import { readModel } from "./read-model.ts";

const classifier = sklearnClassifier({
  ...{ columns: 3, labels: ["good", "bad"], zipMap: true, threshold: 1, below: 0.1, above: 0.9 },
  scaler: { mean: [1, 2, 3], scale: [1, 1, 1] },
});

describe("readModel", () => {
  test("reads what an import has to know", () => {
    const model = readModel(classifier);
    expect(model).toMatchObject({ irVersion: 8, producer: "skl2onnx" });
    expect([...model.opsets]).toEqual([
      ["", 17],
      ["ai.onnx.ml", 3],
    ]);
    expect(model.nodes.map(({ operator }) => operator)).toEqual([
      "Scaler",
      "TreeEnsembleClassifier",
      "Identity",
      "ZipMap",
    ]);
    expect(model.nodes[3]!.labels).toEqual(["good", "bad"]);
    expect(model.inputs).toEqual([{ name: "X", type: { kind: "tensor", elementType: 1, shape: [undefined, 3] } }]);
    expect(model.outputs).toEqual([
      { name: "output_label", type: { kind: "tensor", elementType: 8, shape: [undefined] } },
      { name: "output_probability", type: { kind: "other" } },
    ]);
  });

  test("class labels are read in each form, negative ones too", () => {
    const labelsOf = (part: Uint8Array) => {
      const classes = node({ operator: "SVMClassifier", inputs: ["x"], output: "y", attributes: [part] });
      return readModel(onnxFile({ nodes: [classes], inputs: [], outputs: [] })).nodes[0]!.labels;
    };
    expect(labelsOf(attribute.ints("classlabels_ints", [-1, 1]))).toEqual([-1, 1]);
    expect(labelsOf(attribute.packedInts("classlabels_int64s", [0, 300, 7]))).toEqual([0, 300, 7]);
    expect(labelsOf(attribute.texts("classlabels_strings", ["ä"]))).toEqual(["ä"]);
    expect(labelsOf(attribute.ints("classlabels_ints", []))).toBeUndefined();
    expect(labelsOf(attribute.ints("nodes_nodeids", [1]))).toBeUndefined();
  });

  test("sizes of shapes are numbers, or open", () => {
    const inputs = [
      tensorValue("x", "float", ["n", 3, undefined]),
      tensorValue("y", "double"),
      tensorValue("z", "float", []),
    ];
    const shapes = readModel(onnxFile({ nodes: [], inputs, outputs: [mapsValue("m", "int64")] })).inputs.map(
      ({ type }) => (type.kind === "tensor" ? type.shape : "other"),
    );
    expect(shapes).toEqual([[undefined, 3, undefined], undefined, []]);
  });

  test("graphs within graphs, sparse weights and functions are looked into", () => {
    const external = concat([
      textField(8, "far"),
      messageField(13, textField(1, "location"), textField(2, "/etc/passwd")),
    ]);
    const inner = graphPart({
      nodes: [node({ operator: "Steal", domain: "evil", inputs: ["a"], output: "b" })],
      inputs: [],
      outputs: [],
      initializers: [external],
    });
    const sparse = messageField(
      15,
      bytesField(1, floatTensor("s", [1], [1])),
      messageField(2, textField(8, "i"), intField(14, 1)),
    );
    const constant = concat([textField(1, "sparse_value"), messageField(22, bytesField(1, external))]);
    const file = onnxFile({
      nodes: [
        node({ operator: "If", inputs: ["c"], output: "d", attributes: [attribute.graph("then_branch", inner)] }),
        node({ operator: "Constant", inputs: [], output: "e", attributes: [constant] }),
      ],
      inputs: [],
      outputs: [],
      moreInGraph: [sparse],
      more: [
        messageField(
          25,
          textField(1, "F"),
          textField(10, "mine"),
          bytesField(7, node({ operator: "Neg", inputs: ["x"], output: "y" })),
        ),
      ],
    });
    const { facts, functions, sparseInitializers } = readModel(file);
    expect(facts.external).toEqual(["far", "far", "i"]);
    expect(facts.domains.get("evil")).toBe("Steal");
    expect([...facts.ownDomains]).toEqual(["mine"]);
    expect([functions.length, sparseInitializers.length]).toEqual([1, 1]);
  });

  test("weights of another file do not pass as a function's defaults", () => {
    const external = concat([textField(8, "secret"), messageField(13, textField(1, "location")), intField(14, 1)]);
    const inner = graphPart({ nodes: [], inputs: [], outputs: [], initializers: [external] });
    const defaults = [
      attribute.tensor("weights", external),
      attribute.graph("body", inner),
      concat([textField(1, "sparse"), messageField(22, bytesField(1, external))]),
    ];
    for (const part of defaults) {
      const own = messageField(25, textField(1, "F"), textField(10, "mine"), bytesField(11, part));
      const model = readModel(onnxFile({ nodes: [], inputs: [], outputs: [], more: [own] }));
      expect(() => checkModel(model)).toThrow(/values of "secret" are in another file/);
    }
  });

  test.each([
    ["nothing", new Uint8Array(0), /holds no graph/],
    ["a field without a number", Uint8Array.of(0, 0), /field of it has no number/],
    ["a group", Uint8Array.of(0x0b), /wire type 3/],
    ["a length beyond the end", Uint8Array.of(0x3a, 100, 1), /ends too early/],
    ["a negative length", Uint8Array.of(0x3a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1), /ends too early/],
    ["a number without an end", Uint8Array.of(8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1), /does not end/],
    ["a number that is cut off", Uint8Array.of(8, 255), /ends within a number/],
    ["a fixed number that is cut off", Uint8Array.of(9, 1, 2), /ends too early/],
    ["a name that is not UTF-8", Uint8Array.of(18, 1, 255), /not UTF-8/],
  ])("refuses %s", (_what, file, reason) => {
    expect(() => readModel(file)).toThrow(reason);
  });

  test("refuses what is made to fill the memory", () => {
    const many = (field: number, count: number) => {
      const bytes = new Uint8Array(2 * count);
      for (let at = 0; at < bytes.length; at += 2) bytes[at] = field * 8 + 2;
      return bytes;
    };
    expect(() => readModel(bytesField(7, many(1, 100_001)))).toThrow(/more than 100000 operators/);
    expect(() => readModel(bytesField(7, many(5, 1_000_001)))).toThrow(/more than 1000000 parts/);
    expect(() => readModel(bytesField(7, bytesField(1, many(1, 1_000_001))))).toThrow(/more than 1000000 parts/);
    const dims = bytesField(11, messageField(2, messageField(1, bytesField(2, many(1, 1000)))));
    expect(() => readModel(bytesField(7, dims))).toThrow(/shape in it has no end/);
    expect(() => readModel(bytesField(25, many(11, 1_000_001)))).toThrow(/more than 1000000 parts/);
    const labels = concat([
      textField(1, "classlabels_strings"),
      ...Array.from({ length: 10_001 }, () => textField(9, "a")),
    ]);
    const classes = node({ operator: "X", inputs: [], output: "y", attributes: [labels] });
    expect(() => readModel(bytesField(7, bytesField(1, classes)))).toThrow(/more than 10000 classes/);
    let deep = graphPart({ nodes: [], inputs: [], outputs: [] });
    for (let depth = 0; depth < 40; depth++) {
      const holder = node({
        operator: "If",
        inputs: [],
        output: "x",
        attributes: [attribute.graph("then_branch", deep)],
      });
      deep = graphPart({ nodes: [holder], inputs: [], outputs: [] });
    }
    expect(() => readModel(bytesField(7, deep))).toThrow(/more than 16 deep/);
  });
});

describe("checkModel", () => {
  const plain = { nodes: [], inputs: [], outputs: [] };
  const check = (spec: object) => checkModel(readModel(onnxFile({ ...plain, ...spec })));
  const identity = (domain: string) => node({ operator: "Do", domain, inputs: ["a"], output: "b" });

  test("takes what ONNX Runtime takes", () => {
    check({});
    check({ irVersion: 3, opsets: { "": 7 } });
    check({ irVersion: 13, opsets: { "ai.onnx": 26, "ai.onnx.ml": 5, "com.microsoft": 1 } });
    check({ nodes: [identity("ai.onnx"), identity("ai.onnx.ml"), identity("com.microsoft")] });
    check({ nodes: [identity("mine")], more: [messageField(25, textField(1, "Do"), textField(10, "mine"))] });
  });

  test.each([
    ["an IR version to come", { irVersion: 14 }, /IR version 14; 3 to 13/],
    ["a file of 2017", { irVersion: 2 }, /IR version 2/],
    ["an operator set to come", { opsets: { "": 27 } }, /version 27 of the operators ai\.onnx; 7 to 26.* such as 17/],
    [
      "operators of another kind to come",
      { opsets: { "ai.onnx.ml": 6 } },
      /operators ai\.onnx\.ml; 1 to 5.* such as 5/,
    ],
    ["an operator set of version 0", { opsets: { custom: 0 } }, /version 0 of the operators custom/],
    ["no operator set", { opsets: {} }, /names no operator set/],
    ["custom operators", { nodes: [identity("my.ops")] }, /operator Do is of the domain "my\.ops".*custom operators/],
    [
      "weights elsewhere",
      { initializers: [concat([boolTensor("w", true), intField(14, 1)])] },
      /values of "w" are in another file/,
    ],
    ["names of the import's", { initializers: [floatTensor("tidewatch/taken", [1], [1])] }, /import the original file/],
  ])("refuses %s", (_what, spec, reason) => {
    expect(() => check(spec)).toThrow(reason);
  });

  test.each([
    ["PyTorch", [0x50, 0x4b, 3, 4], /zip archive.*torch\.onnx\.export/],
    ["pickle", [0x80, 4, 0x95], /Python pickle.*skl2onnx/],
    ["Keras", [0x89, 0x48, 0x44, 0x46], /HDF5/],
    ["gzip", [0x1f, 0x8b], /gunzip/],
    ["JSON", [0x7b, 0x22], /JSON/],
  ])("names a file of another kind: %s", (_what, bytes, reason) => {
    expect(() => checkFormat(Uint8Array.from(bytes))).toThrow(reason);
  });
});
