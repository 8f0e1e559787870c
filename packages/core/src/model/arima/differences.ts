import { applied, differencing } from "../linear/polynomial.ts";

/** Critical value of the KPSS test for level stationarity at 5 % (Kwiatkowski and others 1992, table 1). */
const KPSS_CRITICAL = 0.463;
/** A season this strong is taken out by differencing (Wang, Smith, Hyndman 2006; the limit of R's forecast::nsdiffs). */
const SEASONAL_STRENGTH_MIN = 0.64;
/** A spread below this part of the magnitude is rounding: a constant. */
const CONSTANT_SPREAD = 1e-12;
/** Fewer seasons than this show no season. */
const SEASONS_MIN = 3;

/**
 * How often to difference: once by the season if it is strong, then until the KPSS test no longer rejects that the level
 * stands still, as forecast::auto.arima does (Hyndman, Khandakar 2008).
 */
export const chooseDifferences = (
  values: Float64Array,
  period: number,
  most: number,
): { d: number; seasonalD: number } => {
  const isSeasonal = period > 1 && seasonalStrength(values, period) > SEASONAL_STRENGTH_MIN;
  const seasonalD = isSeasonal && most > 0 ? 1 : 0;
  let d = 0;
  while (d + seasonalD < most) {
    const series = applied(differencing(d, seasonalD, period), values);
    if (kpssStatistic(series, Math.floor((3 * Math.sqrt(series.length)) / 13)) <= KPSS_CRITICAL) break;
    d++;
  }
  return { d, seasonalD };
};

/**
 * KPSS statistic for level stationarity: Σ S_t² / (n²·s²), S the running sum of the deviations from the mean, s² their
 * long-run variance with Bartlett weights over `lags`. 0 for a constant.
 */
export const kpssStatistic = (series: Float64Array, lags: number): number => {
  const rows = series.length;
  const mean = series.reduce((sum, value) => sum + value / rows, 0);
  const largest = series.reduce((max, value) => Math.max(max, Math.abs(value - mean)), 0);
  if (largest <= CONSTANT_SPREAD * Math.abs(mean)) return 0;
  // Scaled, so that squares of huge values do not overflow; the statistic has no scale.
  const deviations = series.map((value) => (value - mean) / largest);
  let variance = autocovariance(deviations, 0);
  for (let lag = 1; lag <= lags; lag++) variance += 2 * (1 - lag / (lags + 1)) * autocovariance(deviations, lag);
  let running = 0;
  let squares = 0;
  for (const deviation of deviations) {
    running += deviation;
    squares += running ** 2;
  }
  return squares / (rows ** 2 * variance);
};

const autocovariance = (deviations: Float64Array, lag: number): number => {
  let sum = 0;
  for (let at = lag; at < deviations.length; at++) sum += deviations[at]! * deviations[at - lag]!;
  return sum / deviations.length;
};

/**
 * Share of the detrended variance that the mean season explains, 0 … 1: 1 − Var(remainder) / Var(detrended), with a moving
 * average over one period as the trend, and the remainder's variance corrected for the seasons its means are made of.
 */
export const seasonalStrength = (values: Float64Array, period: number): number => {
  const seasons = Math.floor(values.length / period) - 1;
  if (seasons < SEASONS_MIN) return 0;
  const detrended = withoutTrend(values, period);
  const means = new Float64Array(period);
  const counts = new Float64Array(period);
  for (const [at, value] of detrended.entries()) {
    means[at % period] = means[at % period]! + value;
    counts[at % period] = counts[at % period]! + 1;
  }
  const remainder = detrended.map((value, at) => value - means[at % period]! / counts[at % period]!);
  const total = autocovariance(detrended, 0);
  if (!(total > 0)) return 0;
  return Math.max(0, 1 - ((autocovariance(remainder, 0) / total) * seasons) / (seasons - 1));
};

/** Values less their centred moving average over one period, scaled by their largest magnitude; the ends are left out. */
const withoutTrend = (values: Float64Array, period: number): Float64Array => {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0) || 1;
  const half = Math.floor(period / 2);
  const out = new Float64Array(values.length - period);
  let sum = 0;
  for (let at = 0; at < period; at++) sum += values[at]! / largest;
  for (let at = 0; at < out.length; at++) {
    // An even period's window ends count half, so that it is centred.
    const [first, last] = [values[at]! / largest, values[at + period]! / largest];
    const window = period % 2 === 0 ? sum + (last - first) / 2 : sum;
    out[at] = values[at + half]! / largest - window / period;
    sum += last - first;
  }
  return out;
};
