import { AppError } from "../../errors.ts";
import { choleskyFactor, choleskySolve } from "../linear/cholesky.ts";
import { applied, differencing, isStable, lagPolynomial, multiply } from "../linear/polynomial.ts";
import type { LinearProcess } from "../linear/process.ts";
import {
  type ArimaCoefficients,
  type ArimaOrder,
  conditionalResiduals,
  parameterCount,
  residualDerivatives,
  unpack,
} from "./css.ts";
import { startParameters } from "./start.ts";

export type ArimaModel = ArimaCoefficients & {
  order: ArimaOrder;
  /** Standard deviation of the residuals: √(sum of squares / residuals), R's √sigma2 for method "CSS". */
  sd: number;
  /** Residuals that were counted. */
  rows: number;
  /** Corrected Akaike criterion; comparable between orders of the same differencing and the same rows. */
  aicc: number;
};

const ITERATIONS_MAX = 60;
/** A step that lowers the sum of squares by less than this part of it is the last. */
const RELATIVE_TOLERANCE = 1e-12;
/** Levenberg–Marquardt damping: first value, and by how much it falls after a good step and grows after a bad one. */
const DAMPING_START = 1e-3;
const DAMPING_FALL = 0.2;
const DAMPING_GROWTH = 5;
const DAMPING_MAX = 1e9;
/** Partial autocorrelations stay so far below 1: nearer, forecasts and residuals remember their first value for ever. */
const STABILITY_MARGIN = 1e-4;
/** A differenced series with a smaller spread than this part of the values' magnitude is rounding. */
const CONSTANT_SPREAD = 1e-12;

/**
 * Fits ARIMA(p, d, q)(P, D, Q)ₛ by conditional sum of squares: Levenberg–Marquardt (Marquardt 1963) on analytic derivatives
 * from a Hannan–Rissanen start. Steps that leave the stationary and invertible region are refused, so the result always
 * lies in it. `runs` are stretches of complete rows, of one series or of several that share their coefficients: the squares
 * of all are summed. The first p + P·s values of each differenced run are conditioned on; the AICc counts its rows from
 * `comparedFrom` on, if that is later, so that orders can be compared on the same rows. A series that differencing makes
 * constant has residuals of 0. Throws `VALIDATION` for missing values, for fewer rows than the order needs, and for values
 * too large to be subtracted.
 */
export const fitArima = (runs: readonly Float64Array[], order: ArimaOrder, comparedFrom = 0): ArimaModel => {
  const first = conditionedRows(order);
  const count = parameterCount(order);
  const differencedRuns = runs.map((values) => differenced(values, order));
  if (!hasEnoughRows(runs, order)) {
    const got = runs.map(({ length }) => length).join(" + ");
    throw new AppError("VALIDATION", `${orderName(order)} needs at least ${valuesNeeded(order)} values, got ${got}`);
  }
  const segments = differencedRuns.filter((w) => w.length > first);
  const rows = segments.reduce((sum, w) => sum + w.length - first, 0);
  const scale = spreadOf(segments, runs);
  if (scale === 0) {
    const quality = { sd: 0, rows, aicc: Number.NEGATIVE_INFINITY };
    return asModel(order, constantParameters(order, segments[0]![0]!), quality);
  }
  const scaled = segments.map((w) => w.map((value) => value / scale));
  const fitted = minimised(scaled, order, first);
  const parameters = fitted.parameters.slice();
  if (order.hasConstant) parameters[count - 1] = parameters[count - 1]! * scale;
  const from = Math.max(first, comparedFrom);
  const compared = joined(fitted.residuals.map((residuals) => residuals.subarray(from)));
  const aicc = correctedAkaike(Math.log(meanSquare(compared)) + 2 * Math.log(scale), compared.length, count + 1);
  return asModel(order, parameters, { sd: Math.sqrt(fitted.squares / rows) * scale, rows, aicc });
};

const conditionedRows = ({ p, seasonalP, period }: ArimaOrder): number => p + seasonalP * period;

/** Of one run: what differencing and conditioning take, and two rows for each parameter. */
const valuesNeeded = (order: ArimaOrder): number =>
  order.d + order.seasonalD * order.period + conditionedRows(order) + rowsNeeded(order);

const rowsNeeded = (order: ArimaOrder): number => {
  const count = parameterCount(order);
  return Math.max(2 * count, count + 3);
};

/** Whether the runs leave two residuals for each parameter. */
export const hasEnoughRows = (runs: readonly Float64Array[], order: ArimaOrder): boolean => {
  const taken = order.d + order.seasonalD * order.period + conditionedRows(order);
  const rows = runs.reduce((sum, { length }) => sum + Math.max(0, length - taken), 0);
  return rows >= rowsNeeded(order);
};

const joined = (parts: readonly Float64Array[]): Float64Array => {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const meanSquare = (residuals: Float64Array): number =>
  residuals.reduce((sum, residual) => sum + residual ** 2, 0) / residuals.length;

/** n·ln σ² + 2k + 2k(k + 1) / (n − k − 1) (Hurvich, Tsai 1989), k counting the variance. */
const correctedAkaike = (logVariance: number, rows: number, k: number): number =>
  rows > k + 1 ? rows * logVariance + 2 * k + (2 * k * (k + 1)) / (rows - k - 1) : Number.POSITIVE_INFINITY;

/** ARIMA(2,1,1)(0,1,1)₁₂ with drift, say. */
export const orderName = ({ p, d, q, seasonalP, seasonalD, seasonalQ, period, hasConstant }: ArimaOrder): string => {
  const season = period > 1 ? `(${seasonalP},${seasonalD},${seasonalQ})[${period}]` : "";
  const constant = hasConstant ? (d + seasonalD > 0 ? " with drift" : " with mean") : "";
  return `ARIMA(${p},${d},${q})${season}${constant}`;
};

/** The model as a process of the series itself: differencing goes into the autoregressive side. */
export const processOf = ({ order, ar, ma, seasonalAr, seasonalMa, mean, sd }: ArimaModel): LinearProcess => {
  const { period } = order;
  const stationary = multiply(lagPolynomial(ar, -1), lagPolynomial(seasonalAr, -1, period));
  let gain = 0;
  for (const coefficient of stationary.values()) gain += coefficient;
  return {
    ar: multiply(stationary, differencing(order.d, order.seasonalD, period)),
    ma: multiply(lagPolynomial(ma, 1), lagPolynomial(seasonalMa, 1, period)),
    constant: mean * gain,
    sd,
  };
};

const differenced = (values: Float64Array, { d, seasonalD, period }: ArimaOrder): Float64Array => {
  const missing = values.findIndex((value) => !Number.isFinite(value));
  if (missing >= 0) {
    throw new AppError(
      "VALIDATION",
      `value ${values[missing]} at row ${missing} is not a finite number: fill gaps first`,
    );
  }
  return applied(differencing(d, seasonalD, period), values);
};

/** Standard deviation of the differenced runs, taken of scaled values so that it does not overflow; 0 for constants. */
const spreadOf = (segments: readonly Float64Array[], runs: readonly Float64Array[]): number => {
  const w = joined(segments);
  const largest = largestOf(w);
  if (!Number.isFinite(largest)) throw new AppError("VALIDATION", "the series has values too large to be subtracted");
  const rounding = CONSTANT_SPREAD * runs.reduce((max, values) => Math.max(max, largestOf(values)), 0);
  if (largest <= rounding) return 0;
  const mean = w.reduce((sum, value) => sum + value / largest / w.length, 0);
  const variance = w.reduce((sum, value) => sum + (value / largest - mean) ** 2 / w.length, 0);
  const sd = Math.sqrt(variance) * largest;
  return sd > rounding ? sd : 0;
};

const largestOf = (values: Float64Array): number => values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

const constantParameters = (order: ArimaOrder, value: number): Float64Array => {
  const parameters = new Float64Array(parameterCount(order));
  if (order.hasConstant) parameters[parameters.length - 1] = value;
  return parameters;
};

const asModel = (
  order: ArimaOrder,
  parameters: Float64Array,
  quality: Pick<ArimaModel, "sd" | "rows" | "aicc">,
): ArimaModel => ({ order, ...unpack(order, parameters), ...quality });

/** The better of the two searches: from the Hannan–Rissanen start (of the longest run), and from coefficients of 0. */
const minimised = (segments: readonly Float64Array[], order: ArimaOrder, skipped: number): Search => {
  const longest = segments.reduce((best, w) => (w.length > best.length ? w : best));
  const start = startParameters(longest, order);
  const zeros = start.map((value, at) => (order.hasConstant && at === start.length - 1 ? value : 0));
  const searches = [descend(segments, order, skipped, start), descend(segments, order, skipped, zeros)];
  return searches[0]!.squares <= searches[1]!.squares ? searches[0]! : searches[1]!;
};

type Search = { parameters: Float64Array; residuals: Float64Array[]; squares: number };

const descend = (
  segments: readonly Float64Array[],
  order: ArimaOrder,
  skipped: number,
  start: Float64Array,
): Search => {
  let parameters = start;
  let { residuals, squares } = residualsOf(segments, order, parameters, skipped);
  let damping = DAMPING_START;
  for (let iteration = 0; iteration < ITERATIONS_MAX && parameters.length > 0; iteration++) {
    const { normal, gradient } = normalEquations(segments, order, parameters, skipped, residuals);
    let improvement = 0;
    while (improvement === 0 && damping < DAMPING_MAX) {
      const next = stepped(parameters, normal, gradient, damping);
      const tried = isAllowed(order, next) ? residualsOf(segments, order, next, skipped) : undefined;
      if (!tried || !(tried.squares < squares)) {
        damping *= DAMPING_GROWTH;
        continue;
      }
      improvement = (squares - tried.squares) / squares;
      ({ residuals, squares } = tried);
      parameters = next;
      damping *= DAMPING_FALL;
    }
    if (improvement < RELATIVE_TOLERANCE) break;
  }
  return { parameters, residuals, squares };
};

const residualsOf = (
  segments: readonly Float64Array[],
  order: ArimaOrder,
  parameters: Float64Array,
  skipped: number,
) => {
  const parts = segments.map((w) => conditionalResiduals(w, order, parameters, skipped));
  return {
    residuals: parts.map(({ residuals }) => residuals),
    squares: parts.reduce((sum, { squares }) => sum + squares, 0),
  };
};

/** J'J and −J'e, summed over the runs. */
const normalEquations = (
  segments: readonly Float64Array[],
  order: ArimaOrder,
  parameters: Float64Array,
  skipped: number,
  residuals: readonly Float64Array[],
) => {
  const count = parameters.length;
  const normal = new Float64Array(count * count);
  const gradient = new Float64Array(count);
  for (const [at, w] of segments.entries()) {
    const derivatives = residualDerivatives(w, order, parameters, skipped, residuals[at]!);
    for (const [row, derivative] of derivatives.entries()) {
      gradient[row] = gradient[row]! - dotFrom(skipped, derivative, residuals[at]!);
      for (let column = 0; column <= row; column++) {
        const product = dotFrom(skipped, derivative, derivatives[column]!);
        normal[row * count + column] = normal[column * count + row] = normal[row * count + column]! + product;
      }
    }
  }
  return { normal, gradient };
};

const dotFrom = (first: number, a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let at = first; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
};

/** Marquardt's step: the diagonal is raised by its own size, and by a trace of 1, for parameters that nothing depends on. */
const stepped = (
  parameters: Float64Array,
  normal: Float64Array,
  gradient: Float64Array,
  damping: number,
): Float64Array => {
  const count = parameters.length;
  const damped = normal.slice();
  for (let at = 0; at < count; at++) {
    const diagonal = normal[at * count + at]!;
    damped[at * count + at] = diagonal * (1 + damping) + damping * 1e-6 + 1e-12;
  }
  const step = choleskySolve(choleskyFactor(damped, count), count, gradient, 1);
  return parameters.map((value, at) => value + step[at]!);
};

const isAllowed = (order: ArimaOrder, parameters: Float64Array): boolean => {
  const { ar, ma, seasonalAr, seasonalMa } = unpack(order, parameters);
  const parts = [ar, seasonalAr, ma.map((value) => -value), seasonalMa.map((value) => -value)];
  return parts.every((part) => isStable(part, STABILITY_MARGIN));
};
