import { RowState, type Rows } from "../feature/rows.ts";
import type { OnlineFamily } from "../model/family.ts";
import type { Forecast } from "../model/scorer.ts";
import type { Head } from "../store/head.ts";
import type { ExpectedRow, PointRow } from "../store/points.ts";
import { bandInto } from "./level.ts";

/** As many as a detector may have. */
const MAX_FEATURES = 64;

/** What the model said of the rows: scores per vector; for those over the threshold, where their shares begin. */
export type Judged = {
  scores: Float64Array;
  sharesAt: Int32Array;
  shares: Float64Array;
  /** What the model expected, per vector; `undefined` for models that expect nothing. */
  forecast: Forecast | undefined;
};

/** What is said of one row. One object is filled again and again; arrays have a value per feature. */
export type Verdict = ExpectedRow & {
  /** Each feature's share of the score, from `sharesAt` on; of anomalous rows only. */
  shares: Float64Array;
  sharesAt: number;
  /** Score from which on the row is an anomaly. */
  threshold: number;
  /** Whether what was reported goes on, though the row itself is not reported again. */
  isContinuing: boolean;
};

/** Says of the rows of one series, in order, how strange they are: sets the point's score, and what the verdict holds. */
export type RowJudge = {
  judge(row: number, point: PointRow, threshold: number): Verdict;
};

const verdict: Verdict = {
  isExpected: false,
  expected: new Float64Array(MAX_FEATURES),
  lower: new Float64Array(MAX_FEATURES),
  upper: new Float64Array(MAX_FEATURES),
  shares: new Float64Array(MAX_FEATURES),
  sharesAt: 0,
  threshold: 0,
  isContinuing: false,
};
const halfBand = new Float64Array(MAX_FEATURES);

/** By a model that has seen all rows of the batch. What it does not expect, the series' level does. */
export const modelJudge = (rows: Rows, judged: Judged, head: Head): RowJudge => ({
  judge(row, point) {
    verdict.isContinuing = false;
    const vector = rows.vectorOf[row]!;
    if (point.state === RowState.scored) {
      point.score = judged.scores[vector]!;
      verdict.shares = judged.shares;
      verdict.sharesAt = judged.sharesAt[vector]!;
    }
    const forecast = vector >= 0 ? judged.forecast : undefined;
    if (forecast) expectBand(forecast.expected, forecast.band, vector * rows.features, rows.features);
    else expectLevel(head, rows.features);
    return verdict;
  },
});

/** By what the series itself has learnt, which it goes on learning in place. */
export const onlineJudge = (family: OnlineFamily, learnt: unknown, rows: Rows, head: Head): RowJudge => {
  const { features } = rows;
  const shares = new Float64Array(features);
  const said = {
    score: 0,
    evidence: 0,
    expected: verdict.expected,
    lower: verdict.lower,
    upper: verdict.upper,
    shares,
  };
  const context = { timestampMs: 0, threshold: 0 };
  return {
    judge(row, point, threshold) {
      verdict.isContinuing = false;
      if (point.state !== RowState.scored) {
        expectLevel(head, features);
        return verdict;
      }
      const isWarm = family.rowsUntilWarm(learnt) === 0;
      head.counts[isWarm ? "scored" : "warmingUp"]++;
      context.threshold = threshold;
      context.timestampMs = point.timestampMs;
      family.update(learnt, rows.values, row * features, context, said);
      verdict.isExpected = head.levels.rows > 0;
      verdict.shares = shares;
      verdict.sharesAt = 0;
      verdict.isContinuing = isWarm && said.evidence >= threshold;
      if (isWarm) point.score = said.score;
      else point.state = RowState.warmingUp;
      return verdict;
    },
  };
};

const expectLevel = (head: Head, features: number): void => {
  verdict.isExpected = head.levels.rows > 0;
  if (!verdict.isExpected) return;
  bandInto(head.levels, halfBand);
  for (let feature = 0; feature < features; feature++) {
    expectAround(feature, head.levels.levels[feature]!, halfBand[feature]!);
  }
};

const expectBand = (expected: Float64Array, band: Float64Array, at: number, features: number): void => {
  verdict.isExpected = true;
  for (let feature = 0; feature < features; feature++)
    expectAround(feature, expected[at + feature]!, band[at + feature]!);
};

const expectAround = (feature: number, expected: number, half: number): void => {
  verdict.expected[feature] = expected;
  verdict.lower[feature] = expected - half;
  verdict.upper[feature] = expected + half;
};
