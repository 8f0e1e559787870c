import { expect, test } from "vitest";
import { evaluateInTime, type LabelledRow } from "./evaluation.ts";
import { verdictText } from "./report/verdict.ts";

/** Sessions of one step more or less; the anomalous ones lack their end. */
const rowsOf = (count: number, isAnomalous: (row: number) => boolean, isLost = isAnomalous): LabelledRow[] =>
  Array.from({ length: count }, (_, row) => ({
    ...{ key: `k${row}`, startMs: row * 1000, isAnomalous: isAnomalous(row) },
    counts: new Map<string, number>([["open", 1], ["noise", row % 3], ...(isLost(row) ? [] : [["close", 1] as const])]),
  }));

test("the earlier 60 % are learnt from, 20 % choose the threshold, and 20 % are measured", async () => {
  const evaluation = (await evaluateInTime(
    rowsOf(200, (row) => row % 10 === 0),
    1,
  ))!;
  expect(evaluation.parts).toEqual({
    train: { sessions: 120, anomalous: 12, fromMs: 0, toMs: 119_000 },
    validate: { sessions: 40, anomalous: 4, fromMs: 120_000, toMs: 159_000 },
    test: { sessions: 40, anomalous: 4, fromMs: 160_000, toMs: 199_000 },
  });
  expect(evaluation.test).toMatchObject({
    truePositives: 4,
    trueNegatives: 36,
    precision: 1,
    recall: 1,
    f1: 1,
    auprc: 1,
  });
  expect(evaluation.threshold).toBeCloseTo(0.5, 1);
  expect(evaluation.curve.at(-1)).toMatchObject({ recall: 1, precision: 0.1 });
});

test("figures are those of the confusion, by hand", async () => {
  // In the last part one anomalous session is as usual, and two usual ones lack their end.
  const isAnomalous = (row: number) => row % 10 === 0;
  const isLost = (row: number) => (row === 190 ? false : isAnomalous(row) || row === 191 || row === 192);
  const { test: measured, judged } = (await evaluateInTime(rowsOf(200, isAnomalous, isLost), 1))!;
  expect(measured).toMatchObject({ truePositives: 3, falsePositives: 2, falseNegatives: 1, trueNegatives: 34 });
  expect(measured).toMatchObject({ precision: 3 / 5, recall: 3 / 4, f1: 6 / 9 });
  expect(judged.filter((one) => one.isAnomalous !== one.score >= 0.5).map(({ key }) => key)).toEqual([
    "k190",
    "k191",
    "k192",
  ]);
});

test("parts without anomalous sessions have no figures, and say so", async () => {
  const early = (await evaluateInTime(
    rowsOf(200, (row) => row % 10 === 0 && row < 120),
    1,
  ))!;
  expect(early).toMatchObject({ threshold: 0.5, isChosen: false, curve: [] });
  expect(early.test).toMatchObject({ precision: null, recall: null, f1: null, auprc: null });
  expect(verdictText(early)).toContain("hold no anomalous one, so that nothing can be said of what is found");
  expect(
    await evaluateInTime(
      rowsOf(200, (row) => row > 150),
      1,
    ),
  ).toBeUndefined();
  expect(await evaluateInTime([], 1)).toBeUndefined();
});
