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
  /** Scaled values beyond this are cut: one wild row must not fill the next ones' forecasts. */
  clip: number;
  /** Windows per update, and Adam's rate. */
  batch: number;
  learningRate: number;
  /** Errors of more standard deviations than this pull no harder. */
  pull: number;
  /** Gradients longer than this are shortened to it. */
  gradientNorm: number;
  /** The last part of each run, which decides when to stop and how large residuals are. */
  validationShare: number;
  /** Passes over the windows, at most, and how many without a better forecast end the training. */
  maxEpochs: number;
  patience: number;
  /** Residuals and levels beyond this many standard deviations count as this many. */
  cap: number;
  /** What a standard deviation of level is worth against one of residual. */
  levelWeight: number;
  /** Weights of the strongest features, strongest first. */
  ranks: readonly number[];
};

/** One configuration for all entities, chosen on half of those of three public data sets: docs/models.md. */
export const LSTM_PARAMS: LstmParams = {
  window: 30,
  hidden: 32,
  lags: 10,
  ridge: 0.001,
  clip: 10,
  batch: 8,
  learningRate: 3e-3,
  pull: 3,
  gradientNorm: 1,
  validationShare: 0.25,
  maxEpochs: 60,
  patience: 6,
  cap: 60,
  levelWeight: 0.75,
  ranks: [1, 1, 1, 0.3],
};

/**
 * Takes vectors of `window` + 1 scaled rows, oldest first, each `features` wide. Forecast of the newest row: the linear one from the
 * `lags` rows before it, plus `unit` times what the LSTM says about the whole window (a linear bypass as in LSTNet: Lai et
 * al. 2018).
 */
export type LstmModel = LstmParams & {
  features: number;
  linear: OwnLags;
  unit: Float64Array;
  weights: LstmWeights;
  /** Standard deviation of the residuals of the validation part. */
  sd: Float64Array;
  /** Where levels end: `cap`, and for a constant what any move of it counts. */
  levelCap: Float64Array;
};
