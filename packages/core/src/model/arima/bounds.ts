/** What the choice of an order may try. */
export type ArimaBounds = {
  /** Rows of a season, 0 or 1 for none. */
  period: number;
  maxP: number;
  maxQ: number;
  /** Of P and Q, the seasonal orders. */
  maxSeasonal: number;
  /** Of d + D. */
  maxDifferences: number;
};

export const ARIMA_BOUNDS: ArimaBounds = { period: 0, maxP: 3, maxQ: 3, maxSeasonal: 1, maxDifferences: 2 };
