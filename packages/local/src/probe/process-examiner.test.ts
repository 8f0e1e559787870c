import { floatTensor, int64Tensor, node } from "@tidewatch/core/model/onnx/graph";
import { describe, expect, it } from "vitest";
import { attribute, boolTensor, graphPart, onnxFile, tensorValue } from "../../../../test/support/onnx/file.ts";
import { processExaminer } from "./process-examiner.ts";

const rows = Float32Array.from({ length: 100 * 2 }, (_, at) => at / 10);
const inputs = [tensorValue("rows", "float", ["n", 2])];
const outputs = [tensorValue("scores", "float", ["n", 1])];
const matMul = (input: string, output: string) => node({ operator: "MatMul", inputs: [input, "w"], output });
const weights = floatTensor("w", [2, 1], [1, 2]);

const linear = onnxFile({ inputs, outputs, nodes: [matMul("rows", "scores")], initializers: [weights] });

/** A loop whose condition stays true. */
const endless = onnxFile({
  inputs,
  outputs,
  nodes: [
    matMul("rows", "start"),
    node({
      operator: "Loop",
      inputs: ["", "go", "start"],
      output: "scores",
      attributes: [
        attribute.graph(
          "body",
          graphPart({
            nodes: [
              node({ operator: "Identity", inputs: ["go_in"], output: "go_out" }),
              node({ operator: "Neg", inputs: ["y_in"], output: "y_out" }),
            ],
            inputs: [tensorValue("i", "int64", []), tensorValue("go_in", "bool", []), tensorValue("y_in", "float")],
            outputs: [tensorValue("go_out", "bool", []), tensorValue("y_out", "float")],
          }),
        ),
      ],
    }),
  ],
  initializers: [weights, boolTensor("go", true)],
});

/** Makes a matrix of 40,000 × 40,000 float32 numbers, 6.4 GB, of a single one. */
const hungry = onnxFile({
  inputs,
  outputs,
  nodes: [
    matMul("rows", "start"),
    node({ operator: "Expand", inputs: ["one", "large"], output: "filled" }),
    node({ operator: "ReduceMax", inputs: ["filled"], output: "most", attributes: [attribute.int("keepdims", 0)] }),
    node({ operator: "Mul", inputs: ["start", "most"], output: "scores" }),
  ],
  initializers: [weights, floatTensor("one", [1, 1], [1]), int64Tensor("large", [40_000, 40_000])],
});

/** Draws its scores by lot. */
const random = onnxFile({
  inputs,
  outputs,
  nodes: [matMul("rows", "start"), node({ operator: "RandomNormalLike", inputs: ["start"], output: "scores" })],
  initializers: [weights],
});

/** One score for all rows together. */
const single = onnxFile({
  inputs,
  outputs: [tensorValue("scores", "float", [1, 1])],
  nodes: [node({ operator: "ReduceSum", inputs: ["rows"], output: "scores" })],
});

/** A row's score is its distance from the mean of the rows beside it, as of a model that was exported in training mode. */
const centred = onnxFile({
  inputs,
  outputs,
  nodes: [
    matMul("rows", "start"),
    node({ operator: "ReduceMean", inputs: ["start"], output: "mean", attributes: [attribute.ints("axes", [0])] }),
    node({ operator: "Sub", inputs: ["start", "mean"], output: "scores" }),
  ],
  initializers: [weights],
});

/** Looks up a table of ten by the first value, and fails beyond it. */
const table = onnxFile({
  inputs,
  outputs,
  nodes: [
    node({ operator: "MatMul", inputs: ["rows", "w"], output: "start" }),
    node({ operator: "Cast", inputs: ["start"], output: "index", attributes: [attribute.int("to", 7)] }),
    node({ operator: "Gather", inputs: ["values", "index"], output: "scores" }),
  ],
  initializers: [weights, floatTensor("values", [100], new Array<number>(100).fill(1))],
});

const limits = { timeoutMs: 4000, memoryMegabytes: 700 };
const examine = (onnx: Uint8Array) => processExaminer(limits)(onnx, rows, 100);

describe("processExaminer", () => {
  it("gives the scores, and what a row costs", async () => {
    const { scores, msPerRow } = await examine(linear);
    expect(scores).toEqual(Float32Array.from({ length: 100 }, (_, row) => rows[2 * row]! + 2 * rows[2 * row + 1]!));
    expect(msPerRow).toBeLessThan(1);
  });

  it.each([
    ["draws lots", random, /other scores for the same rows/],
    ["looks at the rows beside a row", centred, /depends on the rows beside it/],
    ["gives one score for all rows", single, /gives 1 numbers for 100 rows/],
    ["fails for large values", table, /cannot be run: .*[Ii]ndex/s],
    ["never ends", endless, /not done with 100 rows within 4 s/],
    ["eats memory", hungry, /needs more than 700 MB of memory/],
    ["is none", new Uint8Array([8, 8, 18, 0]), /ONNX Runtime refuses the model/],
  ])("refuses a model that %s, and says so", async (_what, onnx, reason) => {
    await expect(examine(onnx)).rejects.toMatchObject({ code: "VALIDATION", message: reason });
  });

  it("outlives the process that it started", async () => {
    const tiny = processExaminer({ timeoutMs: 20_000, memoryMegabytes: 8 });
    await expect(tiny(linear, rows, 100)).rejects.toMatchObject({
      code: "VALIDATION",
      message: /ended the process that tried it \(.+\): it crashes, or needs more than 8 MB of memory/,
    });
  });
});
