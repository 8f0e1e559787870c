import { stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Detector } from "@tidewatch/core/detector";
import { AppError, type ErrorCode } from "@tidewatch/core/errors";
import { autoregression, randomScores, rollingZ } from "@tidewatch/core/evaluate/baselines";
import { measure } from "@tidewatch/core/evaluate/measure";
import { FAMILY_NAMES, type FamilyName } from "@tidewatch/core/model/families";
import { thresholdOf } from "@tidewatch/core/score/threshold";
import { EXIT } from "../failure.ts";
import { progress, thousands } from "../output/progress.ts";
import { checkColumns, defaultDetector, readDetector } from "../score/detector.ts";
import { baselineContender, type Contender, familyContender } from "./contender.ts";
import { findSeries, type SeriesFiles } from "./folder.ts";
import { labelSource } from "./labels.ts";
import { type LabelledSeries, readSeries } from "./read-series.ts";
import { reportText } from "./report.ts";
import { type ContenderResult, type Evaluation, meanOf } from "./results.ts";
import { writeScores } from "./scores-file.ts";

export type EvaluateOptions = {
  families?: FamilyName[];
  detector?: string;
  trainShare: number;
  trainSuffix?: string;
  labels?: string;
  labelColumn: string;
  interval?: number;
  timestampColumn?: string;
  output?: string;
  json?: true;
};

/** Of the first 30 rows it says nothing, and two scores are the fewest that say what is usual. */
const ROLLING_TRAIN_ROWS = 32;
/** Every evaluation has them: a figure says nothing without one to compare it with. */
const BASELINES: readonly Contender[] = [
  baselineContender("autoregression", autoregression),
  baselineContender("rolling-z", rollingZ, ROLLING_TRAIN_ROWS),
  baselineContender("random", randomScores),
];

/** `tidewatch evaluate`: one series at a time through every contender; the table to standard output. */
export const runEvaluate = async (folder: string, options: EvaluateOptions): Promise<void> => {
  const contenders = [...(options.families ?? FAMILY_NAMES).map(familyContender), ...BASELINES];
  await checkFolders(folder, options.output, contenders);
  const files = await findSeries(folder, options.trainSuffix);
  const detector = options.detector ? await readDetector(options.detector) : undefined;
  if (detector?.intervalSeconds !== undefined) {
    throw new AppError(
      "VALIDATION",
      `${options.detector}: an evaluation judges rows, and intervalSeconds makes others of them; leave it out.`,
    );
  }
  const evaluation = await evaluateAll(folder, files, detector, contenders, options);
  console.log(options.json ? JSON.stringify(evaluation, null, 2) : reportText(evaluation));
};

const checkFolders = async (
  folder: string,
  output: string | undefined,
  contenders: readonly Contender[],
): Promise<void> => {
  if (!(await stat(folder)).isDirectory()) {
    throw new AppError("VALIDATION", `${folder} is a file; name the folder that it lies in.`);
  }
  if (output === undefined) return;
  if (liesIn(folder, output)) {
    throw new AppError(
      "VALIDATION",
      `${output} lies in ${folder}: its files would be taken for series. Choose another.`,
    );
  }
  const written = contenders.map(({ name }) => join(output, name)).find((below) => liesIn(below, folder));
  if (written === undefined) return;
  throw new AppError("VALIDATION", `${folder} lies in ${written}, where scores are written. Choose another --output.`);
};

const liesIn = (folder: string, path: string): boolean => {
  const below = relative(resolve(folder), resolve(path));
  return below === "" || !below.startsWith("..");
};

const evaluateAll = async (
  folder: string,
  files: readonly SeriesFiles[],
  detector: Detector | undefined,
  contenders: readonly Contender[],
  options: EvaluateOptions,
): Promise<Evaluation> => {
  const line = progress();
  const labels = labelSource(folder, options.labels);
  const results = contenders.map(
    ({ name, kind }): ContenderResult => ({
      name,
      kind,
      mean: undefined,
      series: [],
      skipped: [],
    }),
  );
  const sensitivity = detector?.sensitivity ?? defaultDetector(["any"]).sensitivity;
  const evaluation: Evaluation = {
    folder,
    sensitivity,
    threshold: thresholdOf(sensitivity),
    alarmsPerDay: detector?.alarmsPerDay,
    trainShare: options.trainShare,
    series: [],
    unlabelled: [],
    contenders: results,
  };
  for (const [at, file] of files.entries()) {
    const series = await readSeries(file, await labels.of(file), options);
    if (!series) {
      evaluation.unlabelled.push(file.name);
      continue;
    }
    const used = detectorFor(series, detector);
    evaluation.series.push(sizesOf(series));
    for (const [index, contender] of contenders.entries()) {
      const onRows = (rows: number) =>
        line.update(() => `${file.name} (${at + 1} of ${files.length}): ${contender.name}, ${thousands(rows)} rows`);
      await runOne(contender, used, series, onRows, results[index]!, options.output);
    }
  }
  line.clear();
  checkLabelled(folder, evaluation, labels.unused());
  for (const result of results) result.mean = meanOf(result.series);
  return evaluation;
};

const detectorFor = ({ file, metrics }: LabelledSeries, given: Detector | undefined): Detector => {
  if (given) {
    checkColumns(given, file, metrics);
    return given;
  }
  try {
    return defaultDetector(metrics);
  } catch (cause) {
    throw new AppError("VALIDATION", `${file}: ${(cause as Error).message}`, { cause });
  }
};

const sizesOf = ({
  name,
  train,
  trainLabels,
  judged,
  events,
  metrics,
}: LabelledSeries): Evaluation["series"][number] => ({
  series: name,
  trainRows: train.length,
  trainAnomalies: trainLabels?.filter((label) => label === 1).length ?? 0,
  rows: judged.length,
  events: events.length,
  metrics: metrics.length,
});

/** A series that does not fit a family is no fault. */
const UNFIT: readonly ErrorCode[] = ["VALIDATION", "CONFLICT", "TOO_LARGE"];

/** What a contender cannot be applied to is a result too. One that fails is told, and the others go on. */
const runOne = async (
  contender: Contender,
  detector: Detector,
  series: LabelledSeries,
  onRows: (rows: number) => void,
  result: ContenderResult,
  output: string | undefined,
): Promise<void> => {
  onRows(0);
  try {
    const outcome = await contender.run(detector, series, onRows);
    const { unscoredRows, fitSeconds, scoreMicrosPerRow, bytes } = outcome;
    result.series.push({
      series: series.name,
      rows: series.judged.length,
      unscoredRows,
      events: series.events.length,
      ...measure(outcome, series.events),
      fitSeconds,
      scoreMicrosPerRow,
      bytes,
    });
    if (output !== undefined) await writeScores(output, contender.name, series, outcome);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const isUnfit = UNFIT.includes(error.code);
    result.skipped.push({ series: series.name, reason: isUnfit ? error.message : `failed: ${error.message}` });
    if (!isUnfit) process.exitCode = EXIT.failure;
  }
};

const HOW_TO_LABEL = 'add a column "label" with 0 and 1, or a labels.json; see docs/evaluate.md';

const checkLabelled = (folder: string, { series, unlabelled }: Evaluation, unused: readonly string[]): void => {
  if (unused.length > 0) console.error(`Labelled, but there is no such series: ${unused.join(", ")}`);
  if (series.some(({ events }) => events > 0)) return;
  if (series.length > 0) {
    throw new AppError("VALIDATION", `No series of ${folder} has an event in its judged rows; lower --train-share.`);
  }
  throw new AppError(
    "VALIDATION",
    `Nothing in ${folder} is labelled (${unlabelled.slice(0, 3).join(", ")}, …): ${HOW_TO_LABEL}.`,
  );
};
