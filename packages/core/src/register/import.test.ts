import { describe, expect, test } from "vitest";
import { attribute, graphPart, onnxFile, tensorValue } from "../../../../test/support/onnx/file.ts";
import { host, importOrder, importPorts, NOW_MS, referenceRows } from "../../../../test/support/onnx/imports.ts";
import { sklearnClassifier, sklearnRegressor } from "../../../../test/support/onnx/sklearn.ts";
import { AppError } from "../errors.ts";
import { anomalyScore, tailProbability } from "../model/calibration.ts";
import { floatTensor, node } from "../model/onnx/graph.ts";
import { readModel } from "../model/onnx/read-model.ts";
import { thresholdOf } from "../score/threshold.ts";
import { type ImportOrder, importModel } from "./import.ts";
import { loadModel } from "./models.ts";
import { overviewOf } from "./promote-version.ts";

const floatTensorOf = (name: string) => floatTensor(name, [1], [1]);
const readModelOf = (onnx: Uint8Array) => {
  const { inputs, outputs } = readModel(onnx);
  return { inputs: inputs.map(({ name }) => name), outputs: outputs.map(({ name }) => name) };
};

describe("importModel", () => {
  test("registers a version that says where it came from and how it is read", async () => {
    const to = await importPorts();
    const { manifest, msPerRow } = await importModel(to, importOrder({ description: "mine" }));
    expect(msPerRow).toBe(0.01);
    expect(manifest).toMatchObject({
      ...{ name: "host", version: 1, family: "onnx", features: ["a", "b"], shingleSize: 1, trainedAtMs: NOW_MS },
      ...{ trainingRows: 200, trainingFromMs: NOW_MS, trainingToMs: NOW_MS },
      params: {
        description: "mine",
        source: { producer: "skl2onnx", irVersion: 8, opsets: { "ai.onnx": 17, "ai.onnx.ml": 3 } },
        ...{ output: "variable", outputIs: "score", higherIsAnomalous: true, msPerRow: 0.01 },
      },
    });
    const { onnx, manifest: stored } = await loadModel(to, "host", 1);
    expect(stored).toEqual(manifest);
    const { inputs, outputs } = readModelOf(onnx);
    expect([inputs, outputs]).toEqual([["rows"], ["scores"]]);
  });

  test("without scaling in the manifest that of the reference is undone in the graph", async () => {
    const to = await importPorts();
    const { manifest } = await importModel(to, importOrder());
    expect(manifest.scaling[0]!.center).toBe(1004.5);
    // 1000 is the least of a, 5 of b.
    expect(to.tried[0]!.rows[0]).toBeCloseTo((1000 - 1004.5) / manifest.scaling[0]!.scale, 5);
  });

  test("scaling of the manifest is taken, and the model gets scaled rows", async () => {
    const to = await importPorts();
    const scaling = [
      { center: 1000, scale: 2 },
      { center: 0, scale: 5 },
    ];
    const { manifest } = await importModel(to, importOrder({ scaling }));
    expect(manifest.scaling).toEqual(scaling);
    expect([...to.tried[0]!.rows.subarray(2, 4)]).toEqual([0.5, Math.fround(1.2)]);
    await expect(importModel(to, importOrder({ scaling: scaling.slice(1) }))).rejects.toThrow(
      "2 features and 1 scalings",
    );
  });

  test("the calibration is in the unit of the score, however small that is", async () => {
    const to = await importPorts();
    const tiny = {
      ...to,
      examine: async (_onnx: Uint8Array, _rows: Float32Array, rowCount: number) => ({
        scores: Float32Array.from({ length: rowCount }, (_, row) => 1e-6 * (row + 1)),
        msPerRow: 0,
      }),
    };
    const { calibration } = (await importModel(tiny, importOrder())).manifest;
    expect(tailProbability(calibration, 1e-4)).toBeCloseTo(0.5, 1);
    expect(tailProbability(calibration, 2e-3)).toBeLessThan(1e-6);
  });

  test("a classifier that gives normal rows 0 has to give 0.4 before that is strange", async () => {
    const to = await importPorts();
    const examine = async (_onnx: Uint8Array, _rows: Float32Array, rowCount: number) => ({
      ...{ scores: new Float32Array(rowCount), msPerRow: 0 },
    });
    const onnx = sklearnClassifier({ columns: 2, labels: [0, 1], zipMap: true, threshold: 1, below: 0, above: 1 });
    const wanted = importOrder({}, { onnx });
    const { calibration, params } = (await importModel({ ...to, examine }, wanted)).manifest;
    expect(params).toMatchObject({ outputIs: "probabilities", positiveClass: 1 });
    expect(anomalyScore(calibration, 0.02)).toBeLessThan(0.2);
    expect(anomalyScore(calibration, 0.38)).toBeLessThan(thresholdOf(5));
    expect(anomalyScore(calibration, 0.42)).toBeGreaterThan(thresholdOf(5));
  });

  test("times of the reference are kept, and its gaps break windows", async () => {
    const detector = host({ shingleSize: 3 });
    const to = await importPorts(detector);
    const holed = referenceRows.map((row, at) => (at === 100 ? [null, 1] : row));
    const reference = { rows: holed, timestamps: referenceRows.map((_, row) => row * 1000) };
    const wanted = importOrder({ shingleSize: 3 }, { reference, onnx: sklearnRegressor([1, 1, 1, 1, 1, 1], 0) });
    const { manifest } = await importModel(to, wanted);
    expect(manifest).toMatchObject({ trainingRows: 195, trainingFromMs: 2000, trainingToMs: 199_000, shingleSize: 3 });
    expect(to.tried[0]!.rows.length).toBe(195 * 6);
  });

  test("given quantiles stand for a reference, towards the strange side", async () => {
    const to = await importPorts();
    const calibration = { outputs: [-5, -9, -1], shares: [0.1, 0.001, 0.5] };
    const { manifest } = await importModel(
      to,
      importOrder({ calibration, higherIsAnomalous: false }, { reference: undefined }),
    );
    expect(manifest.calibration).toMatchObject({ scores: [1, 5, 9], tailProbabilities: [0.5, 0.1, 0.001] });
    expect(manifest.calibration.tailScale).toBeCloseTo(4 / Math.log(100), 10);
    expect(manifest).toMatchObject({
      trainingRows: 0,
      scaling: [
        { center: 0, scale: 1 },
        { center: 0, scale: 1 },
      ],
    });
    expect(to.tried[0]!.rowCount).toBe(256);
    expect(new Set(to.tried[0]!.rows).size).toBeGreaterThan(500);
  });

  test("of a reconstruction they are mean squared errors", async () => {
    const to = await importPorts();
    const onnx = onnxFile({
      nodes: [node({ operator: "Identity", inputs: ["x"], output: "y" })],
      inputs: [tensorValue("x", "float", ["rows", 2])],
      outputs: [tensorValue("y", "float", ["rows", 2])],
    });
    const wanted = (outputs: number[]) => importOrder({ calibration: { outputs, shares: [0.5, 0.001] } }, { onnx });
    const { manifest } = await importModel(to, wanted([1, Math.E]));
    expect(manifest.calibration).toMatchObject({ scores: [0, 1] });
    expect(manifest.params).not.toHaveProperty("higherIsAnomalous");
    await expect(importModel(to, wanted([0, 1]))).rejects.toThrow("a mean squared error is above 0");
  });

  test("names are changed wherever they would collide, in graphs within the graph too", async () => {
    const body = graphPart({
      nodes: [node({ operator: "Identity", inputs: ["scores"], output: "inner" })],
      inputs: [],
      outputs: [tensorValue("inner", "float"), tensorValue("rows", "float")],
      initializers: [floatTensorOf("contributions")],
    });
    const onnx = onnxFile({
      nodes: [
        node({ operator: "Identity", inputs: ["rows"], output: "scores" }),
        node({
          operator: "If",
          inputs: ["scores"],
          output: "out",
          attributes: [attribute.graph("then_branch", body), attribute.int("other", 3)],
        }),
      ],
      inputs: [tensorValue("rows", "float", ["rows", 2])],
      outputs: [tensorValue("out", "float", ["rows", 1])],
      initializers: [floatTensorOf("scores")],
    });
    const to = await importPorts();
    await importModel(to, importOrder({}, { onnx }));
    const text = new TextDecoder("latin1").decode((await loadModel(to, "host", 1)).onnx);
    expect(text.match(/tidewatch\/model\/scores/g)).toHaveLength(4);
    expect(text.match(/tidewatch\/model\/rows/g)!.length).toBeGreaterThanOrEqual(3);
    expect(text).toContain("tidewatch/model/contributions");
  });

  test.each<[string, object, Partial<ImportOrder>, string, RegExp]>([
    ["an unknown detector", {}, { detectorId: "web" }, "NOT_FOUND", /no detector "web"/],
    ["other features", { features: ["b", "a"] }, {}, "VALIDATION", /features are b, a; detector "host" has a, b/],
    ["another shingle", { shingleSize: 2 }, {}, "VALIDATION", /shingleSize is 2; detector "host" has 1/],
    ["neither reference nor calibration", {}, { reference: undefined }, "VALIDATION", /--reference/],
    [
      "a short reference",
      {},
      { reference: { rows: referenceRows.slice(0, 49) } },
      "VALIDATION",
      /49 complete rows.*at least 50/,
    ],
    ["a wide reference", {}, { reference: { rows: [[1, 2, 3]] } }, "VALIDATION", /row 1 has 3 values/],
    [
      "uneven quantiles",
      { calibration: { outputs: [1, 2], shares: [0.5, 0.1, 0.01] } },
      {},
      "VALIDATION",
      /2 outputs and 3 shares/,
    ],
    [
      "quantiles that rise",
      { calibration: { outputs: [1, 2], shares: [0.1, 0.5] } },
      {},
      "VALIDATION",
      /the smaller share/,
    ],
    [
      "equal quantiles",
      { calibration: { outputs: [1, 1], shares: [0.5, 0.1] } },
      {},
      "VALIDATION",
      /the smaller share/,
    ],
    ["a large file", {}, { onnx: new Uint8Array(100_000_001) }, "TOO_LARGE", /has 100\.0 MB; at most 100 MB/],
    ["a pickle", {}, { onnx: Uint8Array.of(0x80, 4) }, "VALIDATION", /pickle/],
  ])("refuses %s", async (_what, wanted, more, code, reason) => {
    const to = await importPorts();
    await expect(importModel(to, importOrder(wanted, more))).rejects.toMatchObject({ code, message: reason });
    expect((await overviewOf(to, "host", 10)).versions).toEqual([]);
  });

  test("a detector that makes its own models takes no foreign one", async () => {
    const to = await importPorts(host({ model: { family: "isolation-forest" } }));
    await expect(importModel(to, importOrder())).rejects.toMatchObject({
      code: "CONFLICT",
      message: /\{"family": "onnx"\}/,
    });
  });

  test("a reference row without a finite score refuses a model; a made-up row does not", async () => {
    const to = await importPorts();
    const examine = async (_onnx: Uint8Array, _rows: Float32Array, rowCount: number) => ({
      ...{ scores: new Float32Array(rowCount).fill(3.5e38, 2), msPerRow: 0 },
    });
    await expect(importModel({ ...to, examine }, importOrder())).rejects.toThrow(
      "Reference row 3 of 200 gets no finite score",
    );
    const calibration = { outputs: [1, 2], shares: [0.5, 0.001] };
    const { manifest } = await importModel({ ...to, examine }, importOrder({ calibration }, { reference: undefined }));
    expect(manifest.version).toBe(1);
  });

  test("what the trial says against a model refuses it, and no number is used up", async () => {
    const to = await importPorts();
    const examine = async () => {
      throw new AppError("VALIDATION", "too slow");
    };
    await expect(importModel({ ...to, examine }, importOrder())).rejects.toThrow("too slow");
    expect((await importModel(to, importOrder())).manifest.version).toBe(1);
  });

  test("the same file and reference make the same bytes", async () => {
    const to = await importPorts();
    const onnx = sklearnClassifier({ columns: 2, labels: [0, 1], zipMap: true, threshold: 1, below: 0, above: 1 });
    const first = await importModel(to, importOrder({}, { onnx }));
    const second = await importModel(to, importOrder({}, { onnx }));
    expect(second.manifest).toEqual({ ...first.manifest, version: 2 });
  });
});
