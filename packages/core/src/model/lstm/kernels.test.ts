import fc from "fast-check";
import { expect, test } from "vitest";
import { randomOf } from "../random.ts";
import { kernelMaker, type LstmKernels, type Wasm } from "./kernels.ts";
import { plainKernels } from "./kernels-plain.ts";
import type { LstmSeries, LstmShape } from "./shape.ts";
import { initialWeights, packWeights, unpackWeights } from "./weights.ts";

const ROWS = 60;

const seriesOf = ({ inputs, outputs }: LstmShape, seed: number): LstmSeries => {
  const random = randomOf(seed);
  const noise = (count: number) => Float32Array.from({ length: count }, () => 4 * random.unit() - 2);
  return { rows: ROWS, inputs: noise(ROWS * inputs), targets: noise(ROWS * outputs) };
};

/** All weights drawn, those of the output layer too, which start at 0 otherwise. */
const randomise = (kernels: LstmKernels, shape: LstmShape, seed: number): void => {
  const random = randomOf(seed, 1);
  const weights = initialWeights(shape, random);
  for (const part of [weights.bias, weights.output, weights.outputBias]) {
    for (let at = 0; at < part.length; at++) part[at] = random.unit() - 0.5;
  }
  packWeights(weights, shape, kernels.weights);
};

const shapes = fc.record({
  inputs: fc.integer({ min: 1, max: 9 }),
  hidden: fc.integer({ min: 1, max: 20 }),
  outputs: fc.integer({ min: 1, max: 9 }),
  batch: fc.integer({ min: 1, max: 6 }),
  steps: fc.integer({ min: 1, max: 8 }),
  lossFrom: fc.nat(7),
});

const train = (kernels: LstmKernels, windows: number, steps: number) => {
  const losses: number[] = [];
  for (let update = 1; update <= 5; update++) {
    for (let b = 0; b < kernels.starts.length; b++) {
      kernels.starts[b] = b < windows ? (update * 7 + b * 5) % (ROWS - steps - 1) : 0;
    }
    kernels.forward();
    losses.push(kernels.loss(windows, 1.5));
    kernels.backward();
    losses.push(kernels.gradientSquares());
    kernels.adam(0.01 / (1 - 0.9 ** update), 1 / Math.sqrt(1 - 0.999 ** update), 0.7);
  }
  return losses;
};

test("the WebAssembly kernels and the plain ones agree to the last bit, whatever the shape", () => {
  const simd = kernelMaker("simd");
  expect(simd).not.toBe(plainKernels);
  fc.assert(
    fc.property(shapes, fc.nat(1000), ({ lossFrom, ...rest }, seed) => {
      const shape = { ...rest, lossFrom: Math.min(lossFrom, rest.steps - 1) };
      const series = seriesOf(shape, seed);
      series.targets[20] = Number.NaN;
      const [ours, theirs] = [plainKernels, simd].map((maker) => {
        const kernels = maker(shape, series);
        randomise(kernels, shape, seed);
        return { losses: train(kernels, shape.batch, shape.steps), weights: unpackWeights(kernels.weights, shape) };
      });
      expect(theirs).toEqual(ours);
    }),
    { numRuns: 20 },
  );
});

test("fused multiply-add differs by rounding only", () => {
  const shape = { inputs: 3, hidden: 16, outputs: 2, batch: 4, steps: 10, lossFrom: 3 };
  const [plain, relaxed] = [kernelMaker("simd"), kernelMaker("relaxed")].map((maker) => {
    const kernels = maker(shape, seriesOf(shape, 1));
    randomise(kernels, shape, 1);
    return train(kernels, 4, shape.steps);
  });
  for (const [at, value] of plain!.entries()) expect(relaxed![at]).toBeCloseTo(value, 3);
});

test("gradients are those of finite differences", () => {
  const shape = { inputs: 3, hidden: 5, outputs: 2, batch: 3, steps: 6, lossFrom: 2 };
  const kernels = kernelMaker("simd")(shape, seriesOf(shape, 4));
  randomise(kernels, shape, 4);
  kernels.starts.set([4, 20, 33]);
  const count = 3 * shape.outputs * (shape.steps - shape.lossFrom);
  const meanLoss = () => {
    kernels.forward();
    return kernels.loss(3, Number.POSITIVE_INFINITY) / count;
  };
  meanLoss();
  kernels.backward();
  const gradients = kernels.gradients.slice();
  const largest = gradients.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const step = 1e-2;
  const parts = unpackWeights(
    kernels.weights.map((_, at) => at),
    shape,
  );
  for (const at of Object.values(parts).flatMap((part) => [...part])) {
    const weight = kernels.weights[at]!;
    const [above, below] = [weight + step, weight - step].map((value) => {
      kernels.weights[at] = value;
      return meanLoss();
    });
    kernels.weights[at] = weight;
    expect(Math.abs((above! - below!) / (2 * step) - gradients[at]!)).toBeLessThan(1e-3 * largest);
  }
});

test("tanh and the gates are those of the formulas, to float32, and stay within their bounds", () => {
  // One unit whose input gate, output gate are open and whose forget gate does not matter: h = tanh(tanh(x)).
  const shape = { inputs: 1, hidden: 1, outputs: 1, batch: 1, steps: 1, lossFrom: 0 };
  const rows = 401;
  const inputs = Float32Array.from({ length: rows }, (_, row) => (row - 200) / 16);
  const kernels = plainKernels(shape, { rows, inputs, targets: new Float32Array(rows) });
  const [big, zero] = [20, Float32Array.of(0)];
  const weights = { input: Float32Array.of(0, 0, 1, 0), recurrent: new Float32Array(4), output: Float32Array.of(1) };
  packWeights({ ...weights, bias: Float32Array.of(big, 0, 0, big), outputBias: zero }, shape, kernels.weights);
  for (let row = 0; row < rows; row++) {
    kernels.starts[0] = row;
    kernels.forward();
    expect(Math.abs(kernels.predicted[0]! - Math.tanh(Math.tanh(inputs[row]!)))).toBeLessThan(8e-7);
  }
});

test("what the engine lacks is replaced by the next best: relaxed by simd, simd by plain", () => {
  const native = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;
  const without = (limit: number): Wasm => ({
    ...native,
    validate: () => ++calls > limit,
    Module: native.Module,
    Instance: native.Instance,
  });
  let calls = 0;
  expect(kernelMaker("relaxed", without(2))).toBe(plainKernels);
  calls = 0;
  expect(kernelMaker("relaxed", without(1))).not.toBe(plainKernels);
  expect(calls).toBe(2);
  expect(kernelMaker("plain")).toBe(plainKernels);
});
