import { describe, expect, test } from "vitest";
import { detector, distanceScorer } from "../../../../../test/support/scoring.ts";
import { anomalyScore } from "../../model/calibration.ts";
import { collectVectors } from "../../model/dataset.ts";
import { judgedVectors, splitInTime } from "./held-out.ts";
import { type CandidateMeasures, judgeCandidate, rankCandidates } from "./judge-candidate.ts";

const measures = (foundShare: number, falseAlarmShare: number, more: Partial<CandidateMeasures> = {}) => ({
  ...{ rows: 10_000, expectedFalseAlarmShare: 0.001, calibrationDistance: 0, medianScore: 0, score99: 2 },
  ...{ foundShare, falseAlarmShare, ...more },
});

describe("rankCandidates", () => {
  test("takes another configuration only when it finds clearly more", () => {
    expect(rankCandidates([measures(0.5, 0.001), measures(0.51, 0.001), measures(0.4, 0.001)])).toEqual([0, 1, 2]);
    expect(rankCandidates([measures(0.5, 0.001), measures(0.53, 0.001)])).toEqual([1, 0]);
  });

  test("and not one with more false alarms than it promises, unless the own one has as many", () => {
    expect(rankCandidates([measures(0.5, 0.001), measures(0.9, 0.01)])).toEqual([0, 1]);
    expect(rankCandidates([measures(0.5, 0.02), measures(0.9, 0.01)])).toEqual([1, 0]);
  });

  test("since a change the one of the new rows alone is the one to beat", () => {
    const [own, newer] = [measures(0.01, 0.001), measures(0.005, 0.001)];
    expect(rankCandidates([own, newer])).toEqual([0, 1]);
    expect(rankCandidates([own, newer], 1)).toEqual([1, 0]);
    expect(rankCandidates([measures(0.5, 0.001), newer], 1)).toEqual([0, 1]);
    expect(rankCandidates([own, measures(0.9, 0.1)], 1)).toEqual([0, 1]);
  });

  test("goes by labels where there are some, and puts what could not be fitted last", () => {
    expect(rankCandidates([measures(0.9, 0, { f1: 0.2 }), undefined, measures(0.1, 0, { f1: 0.8 })])).toEqual([
      2, 0, 1,
    ]);
    expect(rankCandidates([undefined, measures(0.1, 0)])).toEqual([1, 0]);
  });
});

test("judgeCandidate counts false alarms, moved values and labels", async () => {
  const of = detector({ sensitivity: 7 });
  const scorer = await distanceScorer(of);
  const rows = Array.from({ length: 100 }, (_, row) => (row < 10 ? [500, 500] : [50, 50]));
  const series = {
    timestamps: rows.map((_, row) => row),
    rows,
    labels: rows.map((_, row) => (row < 8 ? 1 : 0) as 0 | 1),
  };
  const vectors = collectVectors({ features: ["cpu", "memory"], shingleSize: 1, maxRows: 1000, series: [series] }, 1);
  const judged = await judgeCandidate(of, scorer, vectors);
  expect(judged).toMatchObject({ rows: 100, falseAlarmShare: 2 / 92, precision: 0.8, recall: 1, medianScore: 0 });
  expect(judged.expectedFalseAlarmShare).toBeCloseTo(0.002, 3);
  expect(judged.f1).toBeCloseTo(8 / 9, 12);
  // One of two values moved by 6 deviations: 1 − e^(−√(36 / 2)).
  const score = anomalyScore(scorer.manifest.calibration, 1 - Math.exp(-Math.sqrt(18)));
  expect(judged.foundShare).toBe(score >= 2.7 ? 1 : 0);
});

describe("splitInTime", () => {
  const of = detector({ shingleSize: 3 });
  const rowsFrom = (from: number, count: number) => ({
    timestamps: Array.from({ length: count }, (_, row) => from + row),
    rows: Array.from({ length: count }, () => [1, 2]),
    imputed: Array.from({ length: count }, () => false),
  });

  test("cuts all series at one time, and begins the newer part with the rows that fill its first window", () => {
    const split = splitInTime(of, [rowsFrom(0, 600), rowsFrom(300, 600), rowsFrom(0, 10)])!;
    expect(split.splitMs).toBe(598);
    expect(split.older.map(({ rows }) => rows.length)).toEqual([598, 298, 10]);
    expect(split.newer.map(({ timestamps }) => timestamps[0])).toEqual([596, 596, 8]);
    const { timestamps, count } = judgedVectors(of, split.newer);
    expect(Math.min(...timestamps.subarray(0, count))).toBe(598);
  });

  test("since a change it holds out half of what came since, if that is less than a quarter and enough", () => {
    const series = [rowsFrom(0, 2000)];
    expect(splitInTime(of, series, 1600)?.splitMs).toBe(1800);
    expect(splitInTime(of, series, 500)?.splitMs).toBe(1500);
    expect(splitInTime(of, series, 1900)?.splitMs).toBe(1500);
    expect(splitInTime(of, series, 5000)?.splitMs).toBe(1500);
  });

  test("gives none where there are too few rows, or labels, on either side", () => {
    expect(splitInTime(of, [])).toBeUndefined();
    expect(splitInTime(of, [rowsFrom(0, 300)])).toBeUndefined();
    const forest = { ...detector({}), model: { ...detector({}).model, family: "random-forest" as const } } as typeof of;
    const labels = (isAnomalous: (row: number) => boolean) =>
      Array.from({ length: 400 }, (_, row) => (isAnomalous(row) ? 1 : 0) as 0 | 1);
    expect(splitInTime(forest, [{ ...rowsFrom(0, 400), labels: labels((row) => row < 9) }])).toBeUndefined();
    expect(splitInTime(forest, [{ ...rowsFrom(0, 400), labels: labels((row) => row % 50 === 0) }])).toBeDefined();
  });
});
