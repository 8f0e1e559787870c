import type { Random } from "../random.ts";
import type { LstmKernels } from "./kernels.ts";
import type { LstmParams } from "./model.ts";
import type { Span } from "./reference.ts";
import type { LstmShape } from "./shape.ts";

export type Descent = {
  /** The best weights, as the kernels have them. */
  weights: Float32Array;
  /** Mean loss of the validation part before the first epoch and after each. */
  losses: number[];
};

/** Adam's constants, as the kernels have them. */
const BETA_1 = 0.9;
const BETA_2 = 0.999;

/**
 * Adam over segments of `steps` rows that are cut anew each epoch at a random place, so that each row is forecast about once an
 * epoch, from a quarter of the segment on. An epoch of windows that each forecast one row would cost `steps` times as much.
 * Stops when the validation part has not been forecast better for `patience` epochs; keeps the weights that forecast it best.
 */
export const descend = (
  kernels: LstmKernels,
  shape: LstmShape,
  parts: { training: readonly Span[]; validation: readonly Span[] },
  params: LstmParams,
  random: Random,
): Descent => {
  const stride = shape.steps - shape.lossFrom;
  const judged = segments(parts.validation, shape.steps, stride, 0);
  const losses = [meanLoss(kernels, shape, judged, params.pull)];
  const best = { weights: kernels.weights.slice(), epoch: 0 };
  // β^k by multiplication: the last digit of a power differs between engines.
  let [decay1, decay2] = [1, 1];
  for (let epoch = 1; epoch <= params.maxEpochs && epoch - best.epoch <= params.patience; epoch++) {
    const starts = shuffled(segments(parts.training, shape.steps, stride, random.below(stride)), random);
    for (let first = 0; first < starts.length; first += shape.batch) {
      const windows = chooseWindows(kernels, shape, starts, first);
      kernels.forward();
      kernels.loss(windows, params.pull);
      kernels.backward();
      const norm = Math.sqrt(kernels.gradientSquares());
      decay1 *= BETA_1;
      decay2 *= BETA_2;
      kernels.adam(
        params.learningRate / (1 - decay1),
        1 / Math.sqrt(1 - decay2),
        norm > params.gradientNorm ? params.gradientNorm / norm : 1,
      );
    }
    losses.push(meanLoss(kernels, shape, judged, params.pull));
    if (losses[epoch]! < losses[best.epoch]!) {
      best.weights.set(kernels.weights);
      best.epoch = epoch;
    }
  }
  return { weights: best.weights, losses };
};

/** First rows of segments that forecast the spans' rows one after the other; a span shorter than a segment has none. */
const segments = (spans: readonly Span[], steps: number, stride: number, offset: number): number[] =>
  spans.flatMap(({ from, to }) => {
    // A window of `steps` rows forecasts the one after it, too.
    const last = to - 1 - steps;
    if (last < from) return [];
    const starts = [];
    for (let start = from + offset; start < last; start += stride) starts.push(start);
    return [...starts, last];
  });

/** Fisher and Yates. */
const shuffled = (values: number[], random: Random): number[] => {
  for (let at = values.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [values[at], values[other]] = [values[other]!, values[at]!];
  }
  return values;
};

/** Sets the batch; its last places repeat the first window when there are no more, and count nothing. */
const chooseWindows = (
  kernels: LstmKernels,
  { batch }: LstmShape,
  starts: readonly number[],
  first: number,
): number => {
  const windows = Math.min(batch, starts.length - first);
  for (let b = 0; b < kernels.starts.length; b++) kernels.starts[b] = starts[first + (b < windows ? b : 0)]!;
  return windows;
};

const meanLoss = (kernels: LstmKernels, shape: LstmShape, starts: readonly number[], pull: number): number => {
  let sum = 0;
  for (let first = 0; first < starts.length; first += shape.batch) {
    const windows = chooseWindows(kernels, shape, starts, first);
    kernels.forward();
    sum += kernels.loss(windows, pull);
  }
  return sum / (starts.length * (shape.steps - shape.lossFrom) * shape.outputs);
};
