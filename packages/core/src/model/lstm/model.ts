import type { OwnLags } from "./linear.ts";
import type { LstmWeights } from "./weights.ts";

/** How a recurrent forecaster learns and scores; defaults and their reasons in docs/models.md. */
export type LstmParams = {
  /** Rows that a row is forecast from; a vector holds one more. */
  window: number;
  /** Units of the recurrent layer. */
  hidden: number;
  /** Newest rows of the window that the linear part of the forecast takes, and its ridge penalty per row. */
  lags: number;
  ridge: number;
  /** Scaled values beyond this are cut before the forecast: one wild row must not fill the next ones'. */
  clip: number;
  /** Windows per update, and Adam's rate. */
  batch: number;
  learningRate: number;
  /** Errors of more standard deviations than this pull no harder. */
  pull: number;
  /** Gradients longer than this are shortened to it. */
  gradientNorm: number;
  /** The latest part of the rows, which says when to stop and how large residuals are. */
  validationShare: number;
  /** Passes over the rows at most, and how many without a better forecast end the training. */
  maxEpochs: number;
  patience: number;
  /** Residuals and levels beyond this many standard deviations count as this many. */
  cap: number;
  /** What a standard deviation of level is worth against one of residual. */
  levelWeight: number;
  /** Weights of the strongest features, strongest first: one alone is noise, all dilute what happens. */
  ranks: readonly number[];
};

/** One configuration for all entities. */
export const LSTM_PARAMS: LstmParams = {
  window: 20,
  hidden: 32,
  lags: 20,
  ridge: 0.001,
  clip: 10,
  batch: 8,
  learningRate: 1.5e-3,
  pull: 1,
  gradientNorm: 1,
  validationShare: 0.2,
  maxEpochs: 80,
  patience: 6,
  cap: 60,
  levelWeight: 0.75,
  ranks: [1, 1, 1, 0.3],
};

/**
 * Takes vectors of `window` + 1 scaled rows, oldest first, each `features` wide. It forecasts the newest row by the linear forecast
 * from the `lags` rows before it plus `linear.sd` times what the LSTM says about the whole window: a linear bypass, as in
 * LSTNet (Lai, Chang, Yang, Liu 2018). What a line can say needs no network, and an untrained network costs nothing.
 */
export type LstmModel = LstmParams & {
  features: number;
  linear: OwnLags;
  weights: LstmWeights;
  /** Standard deviation of the forecasts' residuals on the rows that the weights were not fitted to. */
  sd: Float64Array;
  /** Where levels end: at `cap`, and for a constant at what any move of it counts. */
  levelCap: Float64Array;
};
