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
  /** How many metrics, the strongest, make the score: one alone is noise, all dilute what happens. */
  top: number;
};

export const VAR_PARAMS: VarParams = { lags: 3, ridge: 0.01, clip: 10, cap: 50, levelWeight: 0.75, top: 3 };

/** Takes vectors of `lags` + 1 scaled rows, oldest first, each `metrics` wide. */
export type VarModel = VarParams & {
  metrics: number;
  /** Windows it was fitted on. */
  windows: number;
  /** Mean of the clipped values: what a missing earlier value is taken as. */
  centre: Float64Array;
  /** Row-major (lags · metrics) × metrics, inputs in the order of the vector. */
  weights: Float64Array;
  intercept: Float64Array;
  residualSd: Float64Array;
  levelCap: Float64Array;
};
