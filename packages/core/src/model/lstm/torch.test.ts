import { expect, test } from "vitest";
import torch from "./fixtures/torch.json" with { type: "json" };
import { kernelMaker } from "./kernels.ts";
import { type LstmWeights, packWeights, unpackWeights } from "./weights.ts";

const { shape } = torch;
const ROWS = torch.series.length / shape.inputs;

const weightsOf = (parts: Record<keyof LstmWeights, number[]>): LstmWeights => ({
  input: Float32Array.from(parts.input),
  recurrent: Float32Array.from(parts.recurrent),
  bias: Float32Array.from(parts.bias),
  output: Float32Array.from(parts.output),
  outputBias: Float32Array.from(parts.outputBias),
});

/** Largest distance, as a part of the largest value. */
const distance = (ours: LstmWeights, theirs: LstmWeights): number =>
  Math.max(
    ...Object.entries(theirs).map(([name, values]) => {
      const largest = Math.max(...values.map(Math.abs));
      return Math.max(...values.map((value, at) => Math.abs(ours[name as keyof LstmWeights][at]! - value))) / largest;
    }),
  );

test("gradients, losses and weights are PyTorch's", () => {
  const inputs = Float32Array.from(torch.series);
  const targets = inputs.filter((_, at) => at % shape.inputs < shape.outputs);
  const kernels = kernelMaker("simd")(shape, { rows: ROWS, inputs, targets });
  packWeights(weightsOf(torch.weights), shape, kernels.weights);
  const losses = torch.losses.map((_, update) => {
    for (let b = 0; b < shape.batch; b++) kernels.starts[b] = (update * 7 + b * 23) % (ROWS - shape.steps - 1);
    kernels.forward();
    const sum = kernels.loss(shape.batch, Number.POSITIVE_INFINITY);
    kernels.backward();
    if (update === 0) {
      expect(distance(unpackWeights(kernels.gradients, shape), weightsOf(torch.gradients))).toBeLessThan(5e-6);
    }
    kernels.adam(0.01 / (1 - 0.9 ** (update + 1)), 1 / Math.sqrt(1 - 0.999 ** (update + 1)), 1);
    return sum / (shape.batch * shape.outputs * (shape.steps - shape.lossFrom));
  });
  for (const [update, loss] of torch.losses.entries()) expect(Math.abs(losses[update]! / loss - 1)).toBeLessThan(1e-5);
  expect(distance(unpackWeights(kernels.weights, shape), weightsOf(torch.trained))).toBeLessThan(1e-4);
});
