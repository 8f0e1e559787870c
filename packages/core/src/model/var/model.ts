/** How a vector autoregression scores; defaults and their reasons in docs/models.md. */
export type VarParams = {
  /** Earlier rows that a row is predicted from. */
  lags: number;
  /** Ridge penalty per window, on metrics scaled to standard deviation 1. */
  ridge: number;
  /** Scaled values beyond this are cut before the prediction: one wild row must not fill the next ones' predictions. */
  clip: number;
  /** Residuals and levels beyond this many standard deviations count as this many. */
  cap: number;
  /** What a standard deviation of level is worth against one of residual. */
  levelWeight: number;
  /** What one of the residual from the oldest row alone is worth: it still sees what the newer rows have got used to. */
  reachWeight: number;
  /** How far a metric whose residuals, or levels, have long tails in the reference counts less: 0 not at all, 1 fully. */
  residualTail: number;
  levelTail: number;
  /** Weights of the strongest metrics, strongest first: one alone is noise, all dilute what happens. */
  ranks: readonly number[];
};

/** One configuration for all entities, chosen by cross-validation over those of three public data sets: docs/models.md. */
export const VAR_PARAMS: VarParams = {
  lags: 3,
  ridge: 0.01,
  clip: 10,
  cap: 60,
  levelWeight: 0.75,
  reachWeight: 0.3,
  residualTail: 0.5,
  levelTail: 0.25,
  ranks: [1, 1, 1, 0.3],
};

/** Takes vectors of `lags` + 1 scaled rows, oldest first, each `metrics` wide. */
export type VarModel = VarParams & {
  metrics: number;
  /** Windows it was fitted on. */
  windows: number;
  /** Mean of the clipped values: what a missing earlier value is taken as. */
  centre: Float64Array;
  /** The newest row from all earlier ones. */
  near: RowForecast;
  /** The newest row from the oldest one. */
  reach: RowForecast;
  /** By what absolute residuals and levels are divided and where levels end: tails and constants are in there. */
  residualUnit: Float64Array;
  levelUnit: Float64Array;
  levelCap: Float64Array;
};

/** A linear forecast of a row from the first rows of a vector, with the standard deviation of its residuals. */
export type RowForecast = {
  /** Row-major inputs × metrics, inputs in the order of the vector. */
  weights: Float64Array;
  intercept: Float64Array;
  sd: Float64Array;
};
