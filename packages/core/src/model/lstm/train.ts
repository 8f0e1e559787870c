import { AppError } from "../../errors.ts";
import type { Run } from "../dataset.ts";
import { randomOf } from "../random.ts";
import { CONSTANT_MOVE, type MetricScaling, mergeMoments, metricScaling, momentsOf } from "../var/moments.ts";
import { descend } from "./descend.ts";
import { judged, judgedScores } from "./judge.ts";
import { type KernelMaker, kernelMaker } from "./kernels.ts";
import { fitOwnLags } from "./linear.ts";
import type { LstmModel, LstmParams } from "./model.ts";
import { judgedRows, type Reference, referenceOf, residualSeries } from "./reference.ts";
import { initialWeights, packWeights, unpackWeights } from "./weights.ts";

export type TrainedLstm = {
  scaling: MetricScaling[];
  model: LstmModel;
  /** Raw scores of the latest rows, which the weights were not fitted to: what calibration is made of. */
  referenceScores: Float64Array;
  /** Mean loss on the latest rows before training, which is that of the linear forecast, and after each epoch. */
  losses: number[];
};

/** From so many rows a standard deviation is known to an eighth of itself, 1 / √(2n). */
const JUDGED_ROWS_MIN = 32;
/** Twice as many to learn from: below it there is nothing that a mean does not say. */
const LEARNT_ROWS_MIN = 64;
/** Streams of the seed. */
const WEIGHTS_STREAM = 0;
const ORDER_STREAM = 1;

/**
 * Learns from runs of consecutive rows, of one series or of several that are alike. The same runs, parameters and seed give the
 * same bits (but not with kernels of another kind). Throws `VALIDATION` on too few rows, and as `metricScaling` does: for a
 * feature without values or with values beyond 1e154.
 */
export const trainLstm = (
  runs: readonly Run[],
  params: LstmParams,
  seed: number,
  maker: KernelMaker = kernelMaker(),
): TrainedLstm => {
  if (params.lags > params.window) {
    throw new AppError("VALIDATION", `lstm looks back ${params.window} rows: fewer than its ${params.lags} lags`);
  }
  if (runs.length === 0) throw new AppError("VALIDATION", "lstm needs rows to learn from, got none");
  const scaling = metricScaling(runs.map(momentsOf).reduce(mergeMoments));
  const reference = referenceOf(runs, scaling, params);
  checkEnough(reference, params.window);
  const { features, spans, cuts } = reference;
  // A dozen numbers per feature learn nothing by heart: the linear part may see the latest rows, too.
  const linear = fitOwnLags(reference.clipped, features, spans, params);
  const { hidden, batch, window } = params;
  const shape = { inputs: features, hidden, outputs: features, batch, steps: window, lossFrom: window >> 2 };
  const kernels = maker(shape, residualSeries(reference, linear));
  packWeights(initialWeights(shape, randomOf(seed, WEIGHTS_STREAM)), shape, kernels.weights);
  const training = spans.map(({ from }, run) => ({ from, to: cuts[run]! }));
  const validation = spans.map(({ from, to }, run) => ({ from: Math.max(from, cuts[run]! - window), to }));
  const { weights, losses } = descend(kernels, shape, { training, validation }, params, randomOf(seed, ORDER_STREAM));
  const unjudged: LstmModel = {
    ...params,
    ...{ features, linear, weights: unpackWeights(weights, shape), sd: linear.sd },
    levelCap: Float64Array.from(scaling, ({ isConstant }) => (isConstant ? CONSTANT_MOVE : params.cap)),
  };
  const model = judged(unjudged, reference, maker);
  return { scaling, model, referenceScores: judgedScores(model, reference, maker), losses };
};

const checkEnough = (reference: Reference, window: number): void => {
  const { spans, cuts } = reference;
  const learnt = spans.reduce((sum, { from }, run) => sum + Math.max(0, cuts[run]! - from - window), 0);
  const judged = judgedRows(reference, window).length;
  if (learnt >= LEARNT_ROWS_MIN && judged >= JUDGED_ROWS_MIN) return;
  throw new AppError(
    "VALIDATION",
    `lstm needs ${LEARNT_ROWS_MIN} rows to learn from and ${JUDGED_ROWS_MIN} later ones to be judged by, each after ` +
      `${window} consecutive rows: it got ${learnt} and ${judged}`,
  );
};
