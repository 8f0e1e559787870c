import { floatTensor, node } from "@tidewatch/core/model/onnx/graph";
import { bytesField, concat, int64Bytes, intField, messageField, textField } from "@tidewatch/core/model/onnx/protobuf";
import { describe, expect, test } from "vitest";
import { attribute, boolTensor, graphPart, onnxFile, tensorValue } from "../../../test/support/onnx/file.ts";
import { expectClose, imported, run } from "../../../test/support/onnx/run-imported.ts";

const treesAlone = {
  nodes: [
    node({
      ...{ operator: "LinearRegressor", domain: "ai.onnx.ml", inputs: ["x"], output: "y" },
      attributes: [attribute.floats("coefficients", [1, 1, 1])],
    }),
  ],
  inputs: [tensorValue("x", "float", ["rows", 3])],
  outputs: [tensorValue("y", "float", ["rows", 1])],
};

describe("what few exporters write", () => {
  const io = { inputs: [tensorValue("x", "float", ["n", 3])], outputs: [tensorValue("y", "float", ["n", 1])] };
  const ones = floatTensor("ones", [3, 1], [1, 1, 1]);

  test("functions that the file brings along", async () => {
    const twice = messageField(
      25,
      ...[textField(1, "Twice"), textField(4, "a"), textField(5, "b"), textField(10, "mine")],
      bytesField(7, node({ operator: "Add", inputs: ["a", "a"], output: "b" })),
      messageField(9, textField(1, ""), intField(2, 17)),
    );
    const onnx = onnxFile({
      nodes: [
        node({ operator: "Twice", domain: "mine", inputs: ["x"], output: "doubled" }),
        node({ operator: "MatMul", inputs: ["doubled", "ones"], output: "y" }),
      ],
      ...{ ...io, initializers: [ones], opsets: { "": 17, mine: 1 }, more: [twice] },
    });
    expectClose(await run(imported(onnx, { higherIsAnomalous: true }).onnx, [1, 2, 3]), [12]);
  });

  test("sparse weights", async () => {
    const place = concat([intField(1, 1), intField(2, 7), textField(8, "at"), bytesField(9, int64Bytes([2]))]);
    const sparse = messageField(
      15,
      bytesField(1, floatTensor("w", [1], [5])),
      bytesField(2, place),
      ...[intField(3, 3), intField(3, 1)],
    );
    const nodes = [node({ operator: "MatMul", inputs: ["x", "w"], output: "y" })];
    const onnx = onnxFile({ ...io, nodes, moreInGraph: [sparse] });
    expectClose(await run(imported(onnx, { higherIsAnomalous: true }).onnx, [1, 2, 3]), [15]);
  });

  test("weights that are inputs too, as files of before IR 4 have them", async () => {
    const nodes = [node({ operator: "MatMul", inputs: ["x", "ones"], output: "y" })];
    const inputs = [...io.inputs, tensorValue("ones", "float", [3, 1])];
    const onnx = onnxFile({ ...io, inputs, nodes, initializers: [ones], irVersion: 3, opsets: { "": 7 } });
    expectClose(await run(imported(onnx, { higherIsAnomalous: true }).onnx, [1, 2, 3]), [6]);
  });

  test("names that the registry's models have, in graphs within the graph too", async () => {
    const branch = (name: string, operator: string) =>
      attribute.graph(
        name,
        graphPart({
          nodes: [node({ operator, inputs: ["scores"], output: "contributions" })],
          ...{ inputs: [], outputs: [tensorValue("contributions", "float")] },
        }),
      );
    const onnx = onnxFile({
      nodes: [
        node({ operator: "MatMul", inputs: ["rows", "ones"], output: "scores" }),
        node({
          ...{ operator: "If", inputs: ["yes"], output: "expected" },
          attributes: [branch("then_branch", "Neg"), branch("else_branch", "Identity")],
        }),
      ],
      ...{ inputs: [tensorValue("rows", "float", ["n", 3])], outputs: [tensorValue("expected", "float", ["n", 1])] },
      initializers: [ones, boolTensor("yes", true)],
    });
    expectClose(await run(imported(onnx, { higherIsAnomalous: true }).onnx, [1, 2, 3]), [-6]);
  });

  test("where the model meets a value too large for it, the row is as strange as can be", async () => {
    // The square of 3e38 is infinite, and its difference from itself no number.
    const difference = onnxFile({
      nodes: [
        node({ operator: "Mul", inputs: ["x", "x"], output: "squares" }),
        node({ operator: "Sub", inputs: ["squares", "squares"], output: "zeros" }),
        node({ operator: "MatMul", inputs: ["zeros", "ones"], output: "y" }),
      ],
      initializers: [floatTensor("ones", [3, 1], [1, 1, 1])],
      ...{ inputs: treesAlone.inputs, outputs: treesAlone.outputs },
    });
    const { onnx } = imported(difference, { higherIsAnomalous: true });
    expect(await run(onnx, [3e38, 0, 0, 1, 0, 0])).toEqual([3.4028234663852886e38, 0]);
  });

  test("a file for operators that know no IsNaN is taken as it is", async () => {
    const old = onnxFile({ ...treesAlone, opsets: { "": 8, "ai.onnx.ml": 1 } });
    expectClose(await run(imported(old, { higherIsAnomalous: true }).onnx, [1, 2, 3]), [6]);
  });

  test("a file that names no version of the plain operators gets one", async () => {
    const onnx = onnxFile({ ...treesAlone, opsets: { "ai.onnx.ml": 3 } });
    expectClose(await run(imported(onnx, { higherIsAnomalous: true }).onnx, [1, 2, 3]), [6]);
  });
});
