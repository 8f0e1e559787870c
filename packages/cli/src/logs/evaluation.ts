import { byFallingScore, rankingOf } from "@tidewatch/core/evaluate/ranking";
import {
  fitLabelledSessions,
  type LabelledSessionModel,
  sessionProbabilities,
} from "@tidewatch/core/log/session/labelled";
import { noveltyOf } from "@tidewatch/core/log/session/novelty";
import type { TemplateCounts } from "@tidewatch/core/log/session/signature";

/** A labelled session; they come in the order of their first lines. */
export type LabelledRow = { key: string; startMs: number; counts: TemplateCounts; isAnomalous: boolean };

export type Part = { sessions: number; anomalous: number; fromMs: number | null; toMs: number | null };
/** `null` where there is nothing to divide by: no alarm, or no anomalous session. */
export type Measures = {
  truePositives: number;
  falsePositives: number;
  falseNegatives: number;
  trueNegatives: number;
  precision: number | null;
  recall: number | null;
  f1: number | null;
  /** Area under the precision-recall curve (average precision). */
  auprc: number | null;
};
export type Judged = { key: string; isAnomalous: boolean; score: number };
/** Precision when all sessions from this score on raise an alarm, and the share of anomalous ones that then do. */
export type CurvePoint = { score: number; recall: number; precision: number };

export type Evaluation = {
  parts: { train: Part; validate: Part; test: Part };
  /** Share of the trees' votes from which on a session is anomalous, and whether the validation part could choose it. */
  threshold: number;
  isChosen: boolean;
  validation: Measures;
  test: Measures;
  curve: CurvePoint[];
  judged: Judged[];
  /** Sessions of the test part that have the very counts of a session that was learnt from. */
  twins: number;
};

/** Shares of the sessions, in the order of time, that are learnt from, and from then on choose the threshold. */
const [TRAIN_SHARE, VALIDATE_SHARE] = [0.6, 0.2];

/**
 * The classic job: learns from the earlier 60 % of the sessions, lets the next 20 % choose the threshold with the best
 * F1, and measures once on the last 20 %. `undefined` when the first part has sessions of one label only.
 */
export const evaluateInTime = async (rows: readonly LabelledRow[], seed: number): Promise<Evaluation | undefined> => {
  const [first, second] = [TRAIN_SHARE, TRAIN_SHARE + VALIDATE_SHARE].map((share) => Math.round(share * rows.length));
  const [train, validate, test] = [rows.slice(0, first), rows.slice(first, second), rows.slice(second)];
  if (new Set(train.map(({ isAnomalous }) => isAnomalous)).size < 2) return undefined;
  const labels = Uint8Array.from(train, ({ isAnomalous }) => (isAnomalous ? 1 : 0));
  const fitted = await fitLabelledSessions(
    train.map(({ counts }) => counts),
    labels,
    seed,
  );
  const chosen = chooseThreshold(fitted, validate);
  const model = { ...fitted, threshold: chosen ?? fitted.threshold };
  const scoresOf = (part: readonly LabelledRow[]) =>
    sessionProbabilities(
      model,
      part.map(({ counts }) => counts),
    );
  const scores = scoresOf(test);
  const learnt = new Set(train.map(vectorOf));
  return {
    parts: { train: partOf(train), validate: partOf(validate), test: partOf(test) },
    ...{ threshold: model.threshold, isChosen: chosen !== undefined },
    validation: measuresOf(validate, scoresOf(validate)),
    test: measuresOf(test, scores),
    curve: curveOf(test, scores),
    judged: test.map(({ key, isAnomalous }, row) => ({ key, isAnomalous, score: scores[row]! })),
    twins: test.filter((row) => learnt.has(vectorOf(row))).length,
  };
};

const vectorOf = ({ counts }: LabelledRow): string =>
  [...counts]
    .map(([id, count]) => `${id} ${count}`)
    .sort()
    .join("\n");

const partOf = (rows: readonly LabelledRow[]): Part => ({
  sessions: rows.length,
  anomalous: rows.filter(({ isAnomalous }) => isAnomalous).length,
  fromMs: rows[0]?.startMs ?? null,
  toMs: rows.at(-1)?.startMs ?? null,
});

/**
 * The middle between two neighbouring vote shares that gives the best F1; of those that give the same, where the gap is
 * widest. `undefined` when there is nothing to choose by.
 */
const chooseThreshold = (model: LabelledSessionModel, rows: readonly LabelledRow[]): number | undefined => {
  if (new Set(rows.map(({ isAnomalous }) => isAnomalous)).size < 2) return undefined;
  // At one half, scores are the shares themselves.
  const shares = sessionProbabilities(
    { ...model, threshold: 0.5 },
    rows.map(({ counts }) => counts),
  );
  const isNovel = noveltyOf(model, model.vocabulary);
  const novel = rows.map(({ counts }) => isNovel(counts));
  const steps = [...new Set([0, 1, ...shares.filter((_, row) => !novel[row])])].sort((a, b) => a - b);
  let best = { f1: -1, gap: 0, threshold: 0.5 };
  for (let at = 1; at < steps.length; at++) {
    const [below, above] = [steps[at - 1]!, steps[at]!];
    const threshold = (below + above) / 2;
    const scores = shares.map((share, row) => (novel[row] || share >= threshold ? 1 : 0));
    const f1 = measuresOf(rows, scores).f1 ?? 0;
    const gap = above - below;
    if (f1 > best.f1 || (f1 === best.f1 && gap > best.gap)) best = { f1, gap, threshold };
  }
  return best.threshold;
};

const measuresOf = (rows: readonly LabelledRow[], scores: Float64Array): Measures => {
  const count = (isAnomalous: boolean, isAlarm: boolean): number =>
    rows.filter((row, at) => row.isAnomalous === isAnomalous && scores[at]! >= 0.5 === isAlarm).length;
  const [truePositives, falsePositives] = [count(true, true), count(false, true)];
  const [falseNegatives, trueNegatives] = [count(true, false), count(false, false)];
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  const events = rows.flatMap(({ isAnomalous }, at): [number, number][] => (isAnomalous ? [[at, at]] : []));
  return {
    ...{ truePositives, falsePositives, falseNegatives, trueNegatives },
    precision: share(truePositives, truePositives + falsePositives),
    recall: share(truePositives, truePositives + falseNegatives),
    f1: share(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
    auprc: events.length === 0 ? null : rankingOf(scores, events).averagePrecision,
  };
};

/** A point for each score, the highest first; empty without an anomalous session. */
const curveOf = (rows: readonly LabelledRow[], scores: Float64Array): CurvePoint[] => {
  const anomalous = rows.filter(({ isAnomalous }) => isAnomalous).length;
  if (anomalous === 0) return [];
  let [right, alarms] = [0, 0];
  return Array.from(byFallingScore(scores), (same) => {
    alarms += same.length;
    right += same.filter((row) => rows[row]!.isAnomalous).length;
    return { score: scores[same[0]!]!, recall: right / anomalous, precision: right / alarms };
  });
};
