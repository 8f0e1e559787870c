import { type Detector, featureNames, trainingConfig } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import { learnsFromLabels } from "@tidewatch/core/model/families";
import type { Scorer } from "@tidewatch/core/model/scorer";
import { keepInputs } from "../output/inputs-kept.ts";
import { counted, progress, thousands } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";
import { type TextFile, textFile } from "../output/text-file.ts";
import { checkColumns, defaultDetector, readDetector } from "./detector.ts";
import { labelColumn, labelsByTime } from "./label-column.ts";
import { checkNumbers, oddCellLines } from "./odd-cells.ts";
import { outputHeader, outputLine } from "./output.ts";
import { checkOrder, checkRows, orderText } from "./row-faults.ts";
import { openSeries, type SeriesFile, type SeriesRow } from "./series-rows.ts";
import { type Stage, scoringStage } from "./stage.ts";
import { leastRows, rowsToReadAhead, type TrainingRows, trainingRowCount, trainScorer } from "./training.ts";

export type ScoreOptions = {
  input: string;
  output: string;
  detector?: string;
  train?: string;
  interval?: number;
  timestampColumn?: string;
  labelColumn: string;
  skipBad?: true;
};

/** Rows that go through the model in one run. */
const CHUNK_ROWS = 2048;

type Report = { update(text: () => string): void; say(text: string): void };

/** `tidewatch score`: reads, trains, scores and writes, chunk by chunk. */
export const runScore = async (options: ScoreOptions): Promise<void> => {
  keepInputs(options.output, [options.input, options.train, options.detector]);
  const line = progress();
  const say = (text: string) => {
    line.clear();
    console.error(text);
  };
  const skipped = rejections(undefined, say);
  const reading = { ...options, skipBad: options.skipBad ?? false };
  const open = (path: string) => openSeries(path, reading, skipped.add);
  const input = await open(options.input);
  const detector = options.detector ? await readDetector(options.detector) : defaultDetector(input.metrics);
  checkColumns(detector, input.name, input.metrics);
  checkLabels(detector, options);

  const startMs = performance.now();
  const report = { update: line.update, say };
  const training = options.train ? await open(options.train) : undefined;
  const given = training && (await trainOnFile(detector, training, options.labelColumn, report));
  const output = await textFile(options.output);
  const stage = scoringStage(detector, input.metrics, given?.stage);
  const counts = await scoreRows(detector, stage, input, given?.scorer, output, report);
  line.clear();
  checkNumbers(detector, input);
  checkOrder(input);
  checkScored(detector, input, stage);
  await output.close();
  await skipped.close();
  for (const file of [...(training ? [training] : []), input]) oddCellLines(detector, file).forEach(say);
  const { events, scored, late, anomalies } = counts;
  const seconds = (performance.now() - startMs) / 1000;
  if (late > 0) {
    say(
      `${counted(late, "row")} ${late === 1 ? "was" : "were"} older than the detector allows (latenessSeconds) and got score 0: ${orderText(input)}.`,
    );
  }
  say(
    `${thousands(events)} rows, ${thousands(scored)} scored, ${thousands(anomalies)} anomalies, ${thousands(events / seconds)} rows/s`,
  );
};

/** @throws AppError CONFLICT when an online family had too few rows to score any of them */
const checkScored = (detector: Detector, file: SeriesFile, { counts, rowsUntilWarm }: Stage): void => {
  const missing = rowsUntilWarm();
  if (counts.scored > 0 || missing === 0) return;
  checkRows(detector, file);
  throw new AppError(
    "CONFLICT",
    `${file.name} has ${counted(counts.warmingUp, "complete row")}, which is too few: ${missing} more are learnt before one is scored; give more with --train.`,
  );
};

/** @throws AppError VALIDATION when the family learns from labels, and there are none or the detector watches them */
const checkLabels = ({ model, features }: Detector, { detector, train, labelColumn: column }: ScoreOptions): void => {
  if (!learnsFromLabels(model)) return;
  const who = `The detector of ${detector}`;
  if (train === undefined) {
    throw new AppError(
      "VALIDATION",
      `${who} learns from labels (${model.family}): give --train a file with a column "${column}", 1 anomalous, 0 normal, empty unknown.`,
    );
  }
  if (features.some(({ metric }) => metric === column)) {
    throw new AppError(
      "VALIDATION",
      `${who} watches "${column}", which holds the labels; name another --label-column.`,
    );
  }
};

type Learnt = { stage: Stage; scorer: Scorer | undefined };

/** Trains on the newest rows of a file, as many as the detector uses at most; an online family learns all of them. */
const trainOnFile = async (detector: Detector, file: SeriesFile, column: string, report: Report): Promise<Learnt> => {
  checkColumns(detector, file.name, file.metrics);
  const labelling = learnsFromLabels(detector.model) ? labellingOf(detector, file, column) : undefined;
  const stage = scoringStage(detector, file.metrics);
  const kept: TrainingRows = { timestamps: [], rows: [], ...(labelling ? { labels: [] } : {}) };
  const config = trainingConfig(detector);
  const limit = config?.maxTrainingRows ?? 0;
  for await (const chunk of chunks(file.rows, CHUNK_ROWS)) {
    for (const row of labelling ? chunk : []) labelling!.read(row);
    const { made } = await stage.take(chunk, undefined);
    append(kept, labelling ? { ...made, labels: made.timestamps.map(labelling.at) } : made);
    // Twice the limit before it is cut: cutting costs a copy.
    if (kept.rows.length >= 2 * limit) {
      cutTo(kept, limit);
      labelling?.forgetBefore(kept.timestamps[0] ?? 0);
    }
    report.update(() => `${thousands(stage.counts.events)} rows of ${file.name} read to train on`);
  }
  cutTo(kept, limit);
  checkNumbers(detector, file);
  checkOrder(file);
  if (config) checkTrainable(detector, file, kept);
  return { stage, scorer: config && (await trainScorer(detector, config, kept, file.name)) };
};

/** @throws AppError VALIDATION when the file has no label column */
const labellingOf = ({ model, intervalSeconds }: Detector, file: SeriesFile, column: string) => {
  const labelOf = labelColumn(file, column, { mayBeEmpty: true });
  if (!labelOf) {
    throw new AppError(
      "VALIDATION",
      `${file.name} has no column "${column}" (its metrics: ${file.metrics.join(", ")}), and ${model.family} learns from labels; name it with --label-column.`,
    );
  }
  const { add, ...labels } = labelsByTime(intervalSeconds);
  return { ...labels, read: (row: SeriesRow) => add(row.timestampMs, labelOf(row)) };
};

/** What is wrong with a file says more than that it has too few rows. */
const checkTrainable = (detector: Detector, file: SeriesFile, { rows }: TrainingRows): void => {
  if (rows.filter((row) => row !== null).length < leastRows(detector)) checkRows(detector, file);
};

const append = (kept: TrainingRows, { timestamps, rows, labels = [] }: TrainingRows): void => {
  for (const [at, row] of rows.entries()) {
    kept.timestamps.push(timestamps[at]!);
    kept.rows.push(row);
    kept.labels?.push(labels[at] ?? null);
  }
};

const cutTo = (kept: TrainingRows, limit: number): void => {
  const surplus = kept.rows.length - limit;
  kept.timestamps.splice(0, surplus);
  kept.rows.splice(0, surplus);
  kept.labels?.splice(0, surplus);
};

const scoreRows = async (
  detector: Detector,
  stage: Stage,
  input: SeriesFile,
  given: Scorer | undefined,
  output: TextFile,
  report: Report,
): Promise<Stage["counts"]> => {
  const names = detector.features.map(({ metric }) => metric);
  await output.write(outputHeader(names));
  const rest = input.rows[Symbol.asyncIterator]();
  let scorer = given;
  const score = async (rows: SeriesRow[]): Promise<TrainingRows> => {
    const { scored, made } = await stage.take(rows, scorer);
    await output.write(scored.map((row) => outputLine(row, names)).join(""));
    report.update(() => `${thousands(stage.counts.events)} rows, ${thousands(stage.counts.anomalies)} anomalies`);
    return made;
  };
  const config = trainingConfig(detector);
  if (!scorer && config) {
    const ahead = await readUpTo(rest, rowsToReadAhead(detector, config));
    checkOrder(input);
    const trainingCount = trainingRowCount(detector, config, ahead.length);
    const made = await score(ahead.slice(0, trainingCount));
    checkNumbers(detector, input);
    checkTrainable(detector, input, made);
    scorer = await trainScorer(detector, config, made, input.name);
    await score(ahead.slice(trainingCount));
    report.say(`The first ${thousands(trainingCount)} rows trained the model (${featureNames(detector).join(", ")}).`);
  }
  for await (const chunk of chunks({ [Symbol.asyncIterator]: () => rest }, CHUNK_ROWS)) await score(chunk);
  return stage.counts;
};

const readUpTo = async (rows: AsyncIterator<SeriesRow>, count: number): Promise<SeriesRow[]> => {
  const read: SeriesRow[] = [];
  while (read.length < count) {
    const next = await rows.next();
    if (next.done) break;
    read.push(next.value);
  }
  return read;
};

async function* chunks<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
