import { AppError } from "../errors.ts";
import { forecast, type LinearProcess } from "../model/linear/process.ts";
import { normalQuantile } from "./normal.ts";

/** One value per feature, in their order. */
export type ForecastPoint = { timestamp: number; mean: number[]; lower: number[]; upper: number[] };

/** What is known of a series: a column per feature, NaN where a value is missing, and the time of the newest row. */
export type History = { columns: readonly Float64Array[]; newestMs: number; intervalMs: number };

export type Horizon = {
  steps: number;
  /** Share of new values that the band is to hold, of each step by itself. */
  level: number;
};

/**
 * The rows after the history, one per interval: each feature by its own process, mean ± the normal quantile of the level times
 * the forecast's standard deviation. Throws `CONFLICT` when a feature has too few values in a row, and when it grows beyond the
 * largest number.
 */
export const forecastBands = (
  processes: readonly LinearProcess[],
  { columns, newestMs, intervalMs }: History,
  { steps, level }: Horizon,
): ForecastPoint[] => {
  const width = normalQuantile((1 + level) / 2);
  const features = processes.map((process, feature) => {
    const { mean, sd } = forecast(process, columns[feature]!, steps);
    if (!Number.isFinite(mean.at(-1)! + width * sd.at(-1)!)) {
      throw new AppError("CONFLICT", `the forecast of feature ${feature} passes the largest number`);
    }
    return { mean, sd };
  });
  return Array.from({ length: steps }, (_, step) => ({
    timestamp: newestMs + (step + 1) * intervalMs,
    mean: features.map(({ mean }) => mean[step]!),
    lower: features.map(({ mean, sd }) => mean[step]! - width * sd[step]!),
    upper: features.map(({ mean, sd }) => mean[step]! + width * sd[step]!),
  }));
};
