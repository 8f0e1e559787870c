import { Detector, trainingConfig } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import type { Baseline } from "@tidewatch/core/evaluate/baselines";
import type { JudgedRows } from "@tidewatch/core/evaluate/measure";
import { type FamilyName, familyOf } from "@tidewatch/core/model/families";
import { thresholdOf } from "@tidewatch/core/score/threshold";
import { counted } from "../output/progress.ts";
import { labelsByTime } from "../score/label-column.ts";
import type { SeriesRow } from "../score/series-rows.ts";
import { type Stage, scoringStage } from "../score/stage.ts";
import { type TrainingRows, trainScorer } from "../score/training.ts";
import type { LabelledSeries } from "./read-series.ts";

/** What one contender said of a series' judged rows, and what that cost; CPU time is that of all threads. */
export type Outcome = JudgedRows & {
  /** Rows without a score: too early, or with missing values. They count as normal. */
  unscoredRows: number;
  /** Training, or learning the training rows one by one; `undefined` for baselines, which do both in one go. */
  fitSeconds: number | undefined;
  /** Of the whole stage: features, model, rules, levels, incident. */
  scoreMicrosPerRow: number;
  /** Of the model file, or of what the series has learnt. */
  bytes: number | undefined;
};

export type Contender = {
  name: string;
  kind: "family" | "baseline";
  /** @throws AppError when it cannot be applied to the series */
  run(detector: Detector, series: LabelledSeries, onRows: (rows: number) => void): Promise<Outcome>;
};

/** How messages call it: the same words for every series, so that one line can tell of all. */
const TRAINING_PART = "the training part";
/** Rows that go through the stage at once. */
const CHUNK_ROWS = 2048;

export const familyContender = (family: FamilyName): Contender => ({
  name: family,
  kind: "family",
  async run(given, series, onRows) {
    const detector = detectorOf(given, family);
    const stage = scoringStage(detector, series.metrics);
    const learning = cpuClock();
    const made = await takeAll(stage, series.train, onRows);
    const learningSeconds = learning();
    const config = trainingConfig(detector);
    const fitting = cpuClock();
    const scorer =
      config &&
      (await trainScorer(
        detector,
        config,
        newest(made, series, detector, config.maxTrainingRows),
        TRAINING_PART,
        "raise --train-share",
      ));
    const fitSeconds = config ? fitting() : learningSeconds;
    const scores = new Float64Array(series.judged.length);
    const isAnomaly = new Uint8Array(series.judged.length);
    const scoredBefore = stage.counts.scored;
    const scoring = cpuClock();
    for (let from = 0; from < scores.length; from += CHUNK_ROWS) {
      const { scored } = await stage.take(series.judged.slice(from, from + CHUNK_ROWS), scorer);
      scored.forEach((row, at) => {
        scores[from + at] = row.score;
        isAnomaly[from + at] = row.isAnomaly ? 1 : 0;
      });
      onRows(from + scored.length);
    }
    const scoreMicrosPerRow = (scoring() * 1e6) / scores.length;
    const scoredRows = stage.counts.scored - scoredBefore;
    if (scoredRows === 0) throw new AppError("CONFLICT", `it scores none of the judged rows: ${whyUnscored(stage)}`);
    return {
      timestamps: timesOf(series.judged),
      scores,
      isAnomaly,
      unscoredRows: scores.length - scoredRows,
      fitSeconds,
      scoreMicrosPerRow,
      bytes: scorer ? scorer.manifest.onnxBytes : stage.learntBytes(),
    };
  },
});

export const baselineContender = (name: string, baseline: Baseline, leastTrainRows = 0): Contender => ({
  name,
  kind: "baseline",
  async run({ features, sensitivity }, { metrics, train, judged }) {
    if (train.length < leastTrainRows) {
      const has = `${TRAINING_PART} has ${counted(train.length, "row")}`;
      throw new AppError("CONFLICT", `${has}, and it needs ${leastTrainRows}; raise --train-share`);
    }
    const columns = features.map(({ metric }) => metrics.indexOf(metric));
    const rows = [...train, ...judged];
    const values = new Float64Array(rows.length * columns.length);
    rows.forEach((row, at) => {
      columns.forEach((column, feature) => {
        values[at * columns.length + feature] = row.values[column] ?? Number.NaN;
      });
    });
    const clock = cpuClock();
    const scores = baseline({ values, columns: columns.length, trainRows: train.length }).slice(train.length);
    const scoreMicrosPerRow = (clock() * 1e6) / rows.length;
    const threshold = thresholdOf(sensitivity);
    const isAnomaly = Uint8Array.from(scores, (score) => (score >= threshold ? 1 : 0));
    return {
      timestamps: timesOf(judged),
      scores,
      isAnomaly,
      unscoredRows: 0,
      fitSeconds: undefined,
      scoreMicrosPerRow,
      bytes: undefined,
    };
  },
});

const whyUnscored = (stage: Stage): string =>
  stage.rowsUntilWarm() > 0 ? `${stage.rowsUntilWarm()} more are learnt first` : "values are missing in all of them";

/** The given detector with another family: that family's defaults, and the given parameters for the detector's own. */
const detectorOf = (given: Detector, family: FamilyName): Detector => {
  const { kind, shingleSize } = familyOf({ family });
  if (kind === "imported") throw new AppError("CONFLICT", "its models are made elsewhere: there is nothing to train");
  const model = given.model.family === family ? given.model : { family };
  const parsed = Detector.safeParse({ ...given, model, shingleSize: shingleSize ? 1 : given.shingleSize });
  if (parsed.success) return parsed.data;
  throw new AppError(
    "VALIDATION",
    parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
  );
};

const takeAll = async (
  stage: Stage,
  rows: readonly SeriesRow[],
  onRows: (rows: number) => void,
): Promise<TrainingRows> => {
  const all: TrainingRows = { timestamps: [], rows: [] };
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const { made } = await stage.take(rows.slice(from, from + CHUNK_ROWS), undefined);
    for (const timestamp of made.timestamps) all.timestamps.push(timestamp);
    for (const row of made.rows) all.rows.push(row);
    onRows(all.rows.length);
  }
  return all;
};

/** As many as a pipeline trains on at most, with the labels of their times. */
const newest = (
  { timestamps, rows }: TrainingRows,
  { train, trainLabels }: LabelledSeries,
  { intervalSeconds }: Detector,
  limit: number,
): TrainingRows => {
  const kept = { timestamps: timestamps.slice(-limit), rows: rows.slice(-limit) };
  if (!trainLabels) return kept;
  const labels = labelsByTime(intervalSeconds);
  for (const [row, { timestampMs }] of train.entries()) labels.add(timestampMs, trainLabels[row]!);
  return { ...kept, labels: kept.timestamps.map(labels.at) };
};

const timesOf = (rows: readonly SeriesRow[]): Float64Array => Float64Array.from(rows, ({ timestampMs }) => timestampMs);

/** CPU seconds of this process since it was made. */
const cpuClock = (): (() => number) => {
  const started = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1e6;
  };
};
