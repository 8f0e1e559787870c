import type { Random } from "../random.ts";
import { type LstmShape, padded } from "./shape.ts";

/** Row-major, as PyTorch has them: gates i, f, g, o one below the other, and one bias per gate. */
export type LstmWeights = {
  /** 4 · hidden × inputs. */
  input: Float32Array;
  /** 4 · hidden × hidden. */
  recurrent: Float32Array;
  /** 4 · hidden. */
  bias: Float32Array;
  /** outputs × hidden. */
  output: Float32Array;
  outputBias: Float32Array;
};

type Sizes = Pick<LstmShape, "inputs" | "hidden" | "outputs">;

/**
 * Gates uniform in ±1/√hidden, as in PyTorch; the forget gate's bias is 1, so that memory lasts at first (Jozefowicz, Zaremba,
 * Sutskever 2015). The output layer is 0: the first forecast is 0, and that of a constant stays so.
 */
export const initialWeights = ({ inputs, hidden, outputs }: Sizes, random: Random): LstmWeights => {
  const limit = 1 / Math.sqrt(hidden);
  const uniform = (count: number) => Float32Array.from({ length: count }, () => (2 * random.unit() - 1) * limit);
  const weights = { input: uniform(4 * hidden * inputs), recurrent: uniform(4 * hidden * hidden) };
  return {
    ...weights,
    bias: new Float32Array(4 * hidden).fill(1, hidden, 2 * hidden),
    output: new Float32Array(outputs * hidden),
    outputBias: new Float32Array(outputs),
  };
};

/** Writes the weights to where the kernels have them. */
export const packWeights = (weights: LstmWeights, sizes: Sizes, packed: Float32Array): void =>
  eachWeight(weights, sizes, (array, index, at) => {
    packed[at] = array[index]!;
  });

/** The weights, or their gradients, from where the kernels have them. */
export const unpackWeights = (packed: Float32Array, sizes: Sizes): LstmWeights => {
  const { inputs, hidden, outputs } = sizes;
  const weights: LstmWeights = {
    input: new Float32Array(4 * hidden * inputs),
    recurrent: new Float32Array(4 * hidden * hidden),
    bias: new Float32Array(4 * hidden),
    output: new Float32Array(outputs * hidden),
    outputBias: new Float32Array(outputs),
  };
  eachWeight(weights, sizes, (array, index, at) => {
    array[index] = packed[at]!;
  });
  return weights;
};

const eachWeight = (
  weights: LstmWeights,
  sizes: Sizes,
  visit: (array: Float32Array, index: number, at: number) => void,
): void => {
  const { inputs, hidden, outputs } = sizes;
  const layout = padded({ ...sizes, batch: 1, steps: 1, lossFrom: 0 });
  for (let gate = 0; gate < 4; gate++) {
    for (let unit = 0; unit < hidden; unit++) {
      const column = (unit >> 2) * layout.rowWidth * 16 + gate * 4 + (unit & 3);
      const row = gate * hidden + unit;
      for (let at = 0; at < inputs; at++) visit(weights.input, row * inputs + at, column + at * 16);
      visit(weights.bias, row, column + layout.biasRow * 16);
      for (let at = 0; at < hidden; at++) {
        visit(weights.recurrent, row * hidden + at, column + (layout.hiddenRow + at) * 16);
      }
    }
  }
  for (let output = 0; output < outputs; output++) {
    const column = layout.gateParameters + (output >> 3) * 8 * (layout.hidden + 1) + (output & 7);
    visit(weights.outputBias, output, column);
    for (let at = 0; at < hidden; at++) visit(weights.output, output * hidden + at, column + (1 + at) * 8);
  }
};
