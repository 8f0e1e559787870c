import { AppError } from "../../errors.ts";
import { isStable } from "../linear/polynomial.ts";
import { ARIMA_BOUNDS, type ArimaBounds } from "./bounds.ts";
import type { ArimaOrder } from "./css.ts";
import { chooseDifferences } from "./differences.ts";
import { type ArimaModel, fitArima, hasEnoughRows } from "./fit.ts";

/** Orders are compared on this many of the latest rows, and on six seasons at least: more rows change the fit, not the choice. */
const SELECTION_ROWS = 4000;
const SELECTION_SEASONS = 6;
/**
 * An order whose roots come nearer to the unit circle has too many terms, or too few differences. R's auto.arima takes 1.01
 * for all; what is measured every minute is often so slow that its autoregressive root is nearer and right.
 */
const AR_ROOT_MIN = 1.001;
const MA_ROOT_MIN = 1.01;

/**
 * The order with the smallest AICc, fitted to all values. `runs` as in `fitArima`. Differences first (`chooseDifferences`, of
 * the longest run), then the stepwise search of Hyndman and Khandakar (2008): from four plain models to the best neighbour
 * until none is better. All orders are compared on the same rows. Throws `VALIDATION` when the runs are too short for any.
 */
export const selectArima = (runs: readonly Float64Array[], bounds: ArimaBounds = ARIMA_BOUNDS): ArimaModel => {
  const limit = Math.max(SELECTION_ROWS, SELECTION_SEASONS * bounds.period);
  return fitArima(runs, chooseOrder(longestRuns(runs, limit), bounds));
};

/** The newest rows of the longest runs, `limit` at most. */
const longestRuns = (runs: readonly Float64Array[], limit: number): Float64Array[] => {
  const kept: Float64Array[] = [];
  let room = limit;
  for (const run of runs.toSorted((a, b) => b.length - a.length)) {
    if (room <= 0) break;
    kept.push(run.slice(-room));
    room -= run.length;
  }
  return kept;
};

const chooseOrder = (runs: readonly Float64Array[], bounds: ArimaBounds): ArimaOrder => {
  const values = runs[0] ?? new Float64Array(0);
  const period = bounds.period > 1 ? bounds.period : 0;
  const { d, seasonalD } = chooseDifferences(values, period, bounds.maxDifferences);
  const maxSeasonal = hasRoomForSeason(values.length, period, d, seasonalD) ? bounds.maxSeasonal : 0;
  const comparedFrom = bounds.maxP + maxSeasonal * period;
  const tried = new Map<string, Candidate>();
  const tryOrder = (order: ArimaOrder): Candidate => {
    const key = Object.values(order).join(" ");
    const candidate = tried.get(key) ?? { order, aicc: criterion(runs, order, comparedFrom) };
    tried.set(key, candidate);
    return candidate;
  };
  const base = { d, seasonalD, period, hasConstant: d + seasonalD < 2 };
  const starts = [
    [2, 2, 1],
    [0, 0, 0],
    [1, 0, 1],
    [0, 1, 1],
  ].map(([p, q, seasonal]) => {
    const season = Math.min(seasonal!, maxSeasonal);
    const [seasonalP, seasonalQ] = [q! > p! ? 0 : season, p! > q! ? 0 : season];
    return { ...base, p: Math.min(p!, bounds.maxP), q: Math.min(q!, bounds.maxQ), seasonalP, seasonalQ };
  });
  let best = starts.map(tryOrder).reduce(smaller);
  for (;;) {
    const next = neighbours(best.order, bounds, maxSeasonal).map(tryOrder).reduce(smaller, best);
    if (next === best) break;
    best = next;
  }
  if (best.aicc === Number.POSITIVE_INFINITY) {
    throw new AppError(
      "VALIDATION",
      `${runs.map(({ length }) => length).join(" + ")} values are too few for an ARIMA model of these bounds`,
    );
  }
  return best.order;
};

type Candidate = { order: ArimaOrder; aicc: number };
const smaller = (a: Candidate, b: Candidate): Candidate => (b.aicc < a.aicc ? b : a);

/** Conditioning on a season's rows must leave most of the series. */
const hasRoomForSeason = (rows: number, period: number, d: number, seasonalD: number): boolean =>
  period > 0 && rows - d - seasonalD * period > 3 * period;

const criterion = (runs: readonly Float64Array[], order: ArimaOrder, comparedFrom: number): number => {
  // Too few rows for this order: a smaller one may do.
  if (!hasEnoughRows(runs, order)) return Number.POSITIVE_INFINITY;
  const model = fitArima(runs, order, comparedFrom);
  return hasClearRoots(model) ? model.aicc : Number.POSITIVE_INFINITY;
};

/** Not of the seasonal parts: a season that never changes has a θ of −1. */
const hasClearRoots = ({ ar, ma }: ArimaModel): boolean => {
  const pushedOut = (coefficients: Float64Array, by: number) => coefficients.map((value, at) => value * by ** (at + 1));
  return isStable(pushedOut(ar, AR_ROOT_MIN)) && isStable(pushedOut(ma, MA_ROOT_MIN).map((value) => -value));
};

/** Orders one step away: p, q, both together, P, Q, both together, and with or without the constant. */
const neighbours = (order: ArimaOrder, bounds: ArimaBounds, maxSeasonal: number): ArimaOrder[] => {
  const steps = [-1, 1].flatMap((step) => [
    { p: order.p + step },
    { q: order.q + step },
    { p: order.p + step, q: order.q + step },
    { seasonalP: order.seasonalP + step },
    { seasonalQ: order.seasonalQ + step },
    { seasonalP: order.seasonalP + step, seasonalQ: order.seasonalQ + step },
  ]);
  const isWithin = ({ p, q, seasonalP, seasonalQ }: ArimaOrder) =>
    Math.min(p, q, seasonalP, seasonalQ) >= 0 &&
    p <= bounds.maxP &&
    q <= bounds.maxQ &&
    Math.max(seasonalP, seasonalQ) <= maxSeasonal;
  const canHaveConstant = order.d + order.seasonalD < 2;
  return [
    ...steps.map((step) => ({ ...order, ...step })).filter(isWithin),
    ...(canHaveConstant ? [{ ...order, hasConstant: !order.hasConstant }] : []),
  ];
};
