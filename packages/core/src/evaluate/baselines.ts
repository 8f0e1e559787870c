import { AUTOREGRESSION_PARAMS, fitAutoregression } from "../model/autoregression/fit.ts";
import { anomalyScore, fitCalibration } from "../model/calibration.ts";
import { oneStepForecasts } from "../model/linear/process.ts";
import { randomOf } from "../model/random.ts";

/**
 * All rows of one series, oldest first, row-major; NaN is missing. The first `trainRows` are the past of the others.
 */
export type BaselineRows = { values: Float64Array; columns: number; trainRows: number };

/** What any family has to beat to be worth its cost. Scores of all rows, in the unit that families score in. */
export type Baseline = (rows: BaselineRows) => Float64Array;

/** Rows of the rolling mean: a day of five-minute rows. */
const ROLLING_ROWS = 288;
/** Fewer values than this give no spread to speak of. */
const LEAST_ROLLING_ROWS = 30;
/** Part of a metric's magnitude that counts as spread when it has none: what was constant is strange once it moves. */
const SPREAD_FLOOR = 1e-6;
const RANDOM_SEED = 1;

/** −log10 of a uniform number: exactly what a calibrated score is on rows that it knows nothing of. */
export const randomScores: Baseline = ({ values, columns }) => {
  const random = randomOf(RANDOM_SEED);
  return Float64Array.from({ length: values.length / columns }, () => -Math.log10(1 - random.unit()));
};

/** |value − mean| / standard deviation of the 288 values before, as a mean of logarithms over the metrics. */
export const rollingZ: Baseline = (rows) => calibrated(rows, LEAST_ROLLING_ROWS, rollingDistances);

/**
 * |residual| / standard deviation of a ridge autoregression of each metric on its own last ten values, fitted to the
 * training rows, as a mean of logarithms over the metrics. Throws `VALIDATION` when there are too few of them.
 */
export const autoregression: Baseline = (rows) =>
  calibrated(rows, Math.max(...AUTOREGRESSION_PARAMS.lags), (values, trainRows) => {
    const process = fitAutoregression(values.subarray(0, trainRows), AUTOREGRESSION_PARAMS);
    const sd = Math.max(process.sd, floorOf(process.constant));
    return oneStepForecasts(process, values).map((expected, row) => Math.abs(values[row]! - expected) / sd);
  });

type Distances = (values: Float64Array, trainRows: number) => Float64Array;

/**
 * Many metrics become one score by the mean of ln(1 + distance), which no single metric fills; then the tail of the
 * past.
 */
const calibrated = ({ values, columns, trainRows }: BaselineRows, warmUp: number, distances: Distances) => {
  const raw = new Float64Array(values.length / columns);
  for (let column = 0; column < columns; column++) {
    const metric = Float64Array.from(raw, (_, row) => values[row * columns + column]!);
    const ofMetric = distances(metric, trainRows);
    // A missing value, and one whose past is missing, says nothing.
    for (let row = 0; row < raw.length; row++) raw[row] = raw[row]! + Math.log1p(ofMetric[row]! || 0) / columns;
  }
  const calibration = fitCalibration(raw.slice(Math.min(warmUp, trainRows), trainRows));
  return raw.map((value) => anomalyScore(calibration, value));
};

const rollingDistances: Distances = (values) => {
  const distances = new Float64Array(values.length);
  const window = new Float64Array(ROLLING_ROWS);
  let [known, sum, squares] = [0, 0, 0];
  let origin = values.find((value) => !Number.isNaN(value)) ?? 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    const count = Math.min(known, ROLLING_ROWS);
    if (known >= LEAST_ROLLING_ROWS) {
      const mean = sum / count;
      const sd = Math.sqrt(Math.max(0, squares / count - mean ** 2));
      distances[row] = Math.abs(value - origin - mean) / Math.max(sd, floorOf(origin + mean));
    }
    const at = known++ % ROLLING_ROWS;
    const leaving = count < ROLLING_ROWS ? 0 : window[at]! - origin;
    window[at] = value;
    sum += value - origin - leaving;
    squares += (value - origin) ** 2 - leaving ** 2;
    if (at < ROLLING_ROWS - 1) continue;
    // Sums anew, around a value nearby: rounding does not add up, and large values that hardly move keep their digits.
    origin = value;
    sum = window.reduce((total, one) => total + (one - origin), 0);
    squares = window.reduce((total, one) => total + (one - origin) ** 2, 0);
  }
  return distances;
};

const floorOf = (magnitude: number): number => SPREAD_FLOOR * Math.abs(magnitude) || SPREAD_FLOOR;
