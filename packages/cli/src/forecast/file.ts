import { type Detector, featureNames, shingleSizeOf, trainingConfig } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import { forecastBands, type Horizon } from "@tidewatch/core/forecast/bands";
import { historyOf, type KnownRows } from "@tidewatch/core/forecast/history";
import { checkForecasts } from "@tidewatch/core/forecast/run";
import { processesOf } from "@tidewatch/core/model/linear/stored";
import { counted } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";
import { checkColumns, defaultDetector, readDetector } from "../score/detector.ts";
import { checkNumbers, oddCellLines } from "../score/odd-cells.ts";
import { checkOrder, checkRows } from "../score/row-faults.ts";
import { openSeries, type SeriesFile, type SeriesRow } from "../score/series-rows.ts";
import { scoringStage } from "../score/stage.ts";
import { fitFile, type TrainingRows } from "../score/training.ts";
import type { Forecast } from "./run.ts";

export type FileOptions = Horizon & {
  input: string;
  detector?: string;
  period?: number;
  interval?: number;
  timestampColumn?: string;
  skipBad?: true;
};
type FileForecast = Forecast & { lastTimestamp: number; intervalMs: number };

/** A file may be short, so its default models keep no more rows than their orders look back: p + d, and two seasons. */
const ROWS_BACK = 5;
const LEAST_ROWS = 16;

/** One forecast per detector: that of the file given, or else one for each column, by a model of its own. */
export const forecastFile = async (options: FileOptions): Promise<FileForecast[]> => {
  const skipped = rejections(undefined, console.error);
  const file = await openSeries(options.input, { ...options, skipBad: options.skipBad ?? false }, skipped.add);
  const given = options.detector === undefined ? undefined : await readDetector(options.detector);
  if (given) {
    checkForecasts(given);
    checkColumns(given, file.name, file.metrics);
  }
  const rows: SeriesRow[] = [];
  for await (const row of file.rows) rows.push(row);
  await skipped.close();
  checkOrder(file);
  const detectors = given ? [given] : columnDetectors(file.metrics, options.period ?? 0);
  const forecasts: FileForecast[] = [];
  for (const detector of detectors) {
    checkNumbers(detector, file);
    oddCellLines(detector, file).forEach((line) => {
      console.error(line);
    });
    const { made } = await scoringStage(detector, file.metrics).take(rows, undefined);
    checkEnough(detector, file, made);
    forecasts.push(await forecastRows(detector, made, options));
  }
  return forecasts;
};

/** @throws AppError CONFLICT when there are fewer complete rows than train a model that looks so far back */
const checkEnough = (detector: Detector, file: SeriesFile, { rows }: TrainingRows): void => {
  const complete = rows.filter((row) => row !== null).length;
  const back = shingleSizeOf(detector) - 1;
  if (complete >= LEAST_ROWS + back) return;
  checkRows(detector, file);
  const needed = `its model needs ${LEAST_ROWS + back}: ${LEAST_ROWS}, and ${back} to look back`;
  const names = featureNames(detector).join(", ");
  throw new AppError("CONFLICT", `${file.name} has ${counted(complete, "complete row")} of ${names}, and ${needed}.`);
};

const columnDetectors = (metrics: readonly string[], period: number): Detector[] => {
  const whole = defaultDetector(metrics);
  const window = ROWS_BACK + 2 * (period > 1 ? period : 0);
  return whole.features.map((feature) =>
    defaultDetector([feature.metric], { family: "arima", period, window, minTrainingRows: LEAST_ROWS }),
  );
};

const forecastRows = async (
  detector: Detector,
  made: TrainingRows,
  { steps, level }: Horizon,
): Promise<FileForecast> => {
  const features = featureNames(detector);
  const config = trainingConfig(detector)!;
  const { manifest } = await fitFile(detector, { ...config, minTrainingRows: LEAST_ROWS }, made);
  const missing = new Float64Array(features.length).fill(Number.NaN);
  const known: KnownRows = { timestamps: made.timestamps, rows: made.rows.map((row) => row ?? missing) };
  const intervalMs = detector.intervalSeconds === undefined ? undefined : detector.intervalSeconds * 1000;
  const history = historyOf(known, features.length, intervalMs, made.rows.length);
  const points = forecastBands(processesOf(manifest)!, history, { steps, level });
  return { features, level, lastTimestamp: history.newestMs, intervalMs: history.intervalMs, points };
};
