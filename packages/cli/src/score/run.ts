import { resolve } from "node:path";
import { type Detector, featureNames, trainingConfig } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import type { Scorer } from "@tidewatch/core/model/scorer";
import { progress, thousands } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";
import { type TextFile, textFile } from "../output/text-file.ts";
import { checkColumns, defaultDetector, readDetector } from "./detector.ts";
import { checkNumbers, oddCellLines } from "./odd-cells.ts";
import { outputHeader, outputLine } from "./output.ts";
import { openSeries, type SeriesFile, type SeriesRow } from "./series-rows.ts";
import { type Stage, scoringStage } from "./stage.ts";
import { rowsToReadAhead, type TrainingRows, trainingRowCount, trainScorer } from "./training.ts";

export type ScoreOptions = {
  input: string;
  output: string;
  detector?: string;
  train?: string;
  interval?: number;
  timestampColumn?: string;
  skipBad?: true;
};

/** Rows that go through the model in one run. */
const CHUNK_ROWS = 2048;

type Report = { update(text: () => string): void; say(text: string): void };

/** `tidewatch score`: reads, trains, scores and writes, chunk by chunk. */
export const runScore = async (options: ScoreOptions): Promise<void> => {
  checkPaths(options);
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

  const startMs = performance.now();
  const report = { update: line.update, say };
  const training = options.train ? await open(options.train) : undefined;
  const given = training && (await trainOnFile(detector, training, report));
  const output = await textFile(options.output);
  const stage = scoringStage(detector, input.metrics, given?.stage);
  const counts = await scoreRows(detector, stage, input, given?.scorer, output, report);
  line.clear();
  checkNumbers(detector, input);
  checkScored(input, stage);
  await output.close();
  await skipped.close();
  for (const file of [...(training ? [training] : []), input]) oddCellLines(detector, file).forEach(say);
  const { events, scored, late, anomalies } = counts;
  const seconds = (performance.now() - startMs) / 1000;
  if (late > 0) say(`${thousands(late)} rows were older than the detector allows (latenessSeconds) and got score 0.`);
  say(
    `${thousands(events)} rows, ${thousands(scored)} scored, ${thousands(anomalies)} anomalies, ${thousands(events / seconds)} rows/s`,
  );
};

/** @throws AppError CONFLICT when an online family had too few rows to score any of them */
const checkScored = ({ name }: SeriesFile, { counts, rowsUntilWarm }: Stage): void => {
  const missing = rowsUntilWarm();
  if (counts.scored > 0 || missing === 0) return;
  throw new AppError(
    "CONFLICT",
    `${name} has ${counts.warmingUp} complete rows, which is too few: ${missing} more are learnt before one is scored; give more with --train.`,
  );
};

const checkPaths = ({ input, output, train }: ScoreOptions): void => {
  if (output === "-") return;
  const same = [input, train].find((path) => path !== undefined && path !== "-" && resolve(path) === resolve(output));
  if (same) throw new AppError("VALIDATION", `${same} would be overwritten by the output; choose another --output.`);
};

type Learnt = { stage: Stage; scorer: Scorer | undefined };

/** Trains on the newest rows of a file, as many as the detector uses at most; an online family learns all of them. */
const trainOnFile = async (detector: Detector, file: SeriesFile, report: Report): Promise<Learnt> => {
  checkColumns(detector, file.name, file.metrics);
  const stage = scoringStage(detector, file.metrics);
  const kept: TrainingRows = { timestamps: [], rows: [] };
  const config = trainingConfig(detector);
  const limit = config?.maxTrainingRows ?? 0;
  for await (const chunk of chunks(file.rows, CHUNK_ROWS)) {
    const { made } = await stage.take(chunk, undefined);
    append(kept, made);
    // Twice the limit before it is cut: cutting costs a copy.
    if (kept.rows.length >= 2 * limit) cutTo(kept, limit);
    report.update(() => `${thousands(stage.counts.events)} rows of ${file.name} read to train on`);
  }
  cutTo(kept, limit);
  checkNumbers(detector, file);
  return { stage, scorer: config && (await trainScorer(detector, config, kept, file.name)) };
};

const append = (kept: TrainingRows, { timestamps, rows }: TrainingRows): void => {
  for (const [at, row] of rows.entries()) {
    kept.timestamps.push(timestamps[at]!);
    kept.rows.push(row);
  }
};

const cutTo = (kept: TrainingRows, limit: number): void => {
  kept.timestamps.splice(0, kept.timestamps.length - limit);
  kept.rows.splice(0, kept.rows.length - limit);
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
    const ahead = await readUpTo(rest, rowsToReadAhead(config));
    const trainingCount = trainingRowCount(config, ahead.length);
    const made = await score(ahead.slice(0, trainingCount));
    checkNumbers(detector, input);
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
