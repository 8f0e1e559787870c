import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { AUTOREGRESSION_PARAMS, fitAutoregression } from "@tidewatch/core/model/autoregression/fit";
import { anomalyScore, fitCalibration } from "@tidewatch/core/model/calibration";
import type { Run } from "@tidewatch/core/model/dataset";
import { oneStepForecasts } from "@tidewatch/core/model/linear/process";
import { type KernelKind, kernelMaker } from "@tidewatch/core/model/lstm/kernels";
import { forecastByOwnLags } from "@tidewatch/core/model/lstm/linear";
import { LSTM_PARAMS, type LstmParams } from "@tidewatch/core/model/lstm/model";
import { clipTo, vectorsEndingAt } from "@tidewatch/core/model/lstm/reference";
import { lstmForecasts, scoreLstm } from "@tidewatch/core/model/lstm/score";
import { type TrainedLstm, trainLstm } from "@tidewatch/core/model/lstm/train";
import { scaleRow } from "@tidewatch/core/model/scaling";
import { VAR_PARAMS } from "@tidewatch/core/model/var/model";
import { expectedByVar } from "@tidewatch/core/model/var/score";
import { trainVar } from "@tidewatch/core/model/var/train";
import { stopwatch } from "./measure.ts";

const USAGE = `The lstm family on the servers data sets, one configuration for all entities, beside a ridge autoregression.

  node bench/lstm-servers.ts DATA [--sets asd,smd] [--output SCORES] [--params '{"window":10}'] [--seed 1] [--kernels relaxed]

DATA/<set>/<entity>.{train,test}.csv.gz with a header line; DATA/<set>/labels.json. Prints, per set, the error of one-step forecasts
of all test rows against that of a ridge autoregression of each metric by itself (10 lags), mean absolute and root mean
square, as geometric means over the metrics that move; CPU time; and how many unlabelled rows pass the calibrated score of
one in a thousand. Values are scaled and cut to ±10 for all forecasters. SCORES/<set>/<entity>.csv is for the scorer.`;

type Labels = { segments: [number, number][] };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: "string" },
    sets: { type: "string" },
    params: { type: "string", default: "{}" },
    seed: { type: "string", default: "1" },
    kernels: { type: "string", default: "simd" },
    help: { type: "boolean", short: "h" },
  },
});
const [data] = positionals;
if (!data || options.help) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 2);
}
const params: LstmParams = { ...LSTM_PARAMS, ...JSON.parse(options.params) };
const maker = kernelMaker(options.kernels as KernelKind);

const readRun = (file: string): Run => {
  const lines = gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n").slice(1);
  const rows = lines.map((line) => line.split(",").map((cell) => (cell === "" ? Number.NaN : Number(cell))));
  const timestamps = Float64Array.from(rows, (_, row) => row);
  return { values: Float64Array.from(rows.flat()), columns: rows[0]!.length, count: rows.length, timestamps };
};

/** The end of the training part and the test part, scaled, cut and not. */
const scaledTest = (train: Run, test: Run, { scaling }: TrainedLstm) => {
  const { columns } = train;
  const past = train.values.subarray(-params.window * columns);
  const values = new Float64Array(past.length + test.values.length);
  values.set(past);
  values.set(test.values, past.length);
  const scaled = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += columns) scaleRow(scaling, values, scaled, at, at);
  return { features: columns, scaled, clipped: Float64Array.from(scaled, (value) => clipTo(value, params.clip)) };
};
type Rows = ReturnType<typeof scaledTest>;

const CHUNK = 1024;
const byLstm = ({ model }: TrainedLstm, rows: Rows, count: number) => {
  const forecasts = new Float64Array(count * rows.features);
  const scores = new Float64Array(count);
  for (let first = 0; first < count; first += CHUNK) {
    const ends = Array.from({ length: Math.min(CHUNK, count - first) }, (_, at) => params.window + first + at);
    const vectors = vectorsEndingAt(ends, rows, params.window);
    forecasts.set(lstmForecasts(model, vectors, ends.length, maker), first * rows.features);
    scores.set(scoreLstm(model, vectors, ends.length, maker), first);
  }
  return { forecasts, scores };
};

const byAutoregression = (train: Run, rows: Rows, { scaling }: TrainedLstm): Float64Array[] =>
  scaling.map(({ center, scale }, feature) => {
    const past = Float64Array.from({ length: train.count }, (_, row) =>
      clipTo((train.values[row * train.columns + feature]! - center) / scale, params.clip),
    );
    const series = rows.clipped.filter((_, at) => at % rows.features === feature);
    return oneStepForecasts(fitAutoregression(past, AUTOREGRESSION_PARAMS), series).subarray(params.window);
  });

const byVar = (train: Run, rows: Rows, count: number): Float64Array => {
  const { model } = trainVar([train], VAR_PARAMS);
  const forecasts = new Float64Array(count * rows.features);
  for (let row = 0; row < count; row++) {
    const vector = vectorsEndingAt([params.window + row], rows, VAR_PARAMS.lags);
    forecasts.set(expectedByVar(model, vector).mean, row * rows.features);
  }
  return forecasts;
};

/** The forecasts without what the LSTM adds. */
const byLinearPart = ({ model }: TrainedLstm, rows: Rows, count: number): Float64Array => {
  const forecasts = new Float64Array(count * rows.features);
  for (let row = 0; row < count; row++) {
    const out = forecasts.subarray(row * rows.features, (row + 1) * rows.features);
    forecastByOwnLags(model.linear, rows.clipped, (params.window + row) * rows.features, out);
  }
  return forecasts;
};

type Errors = { absolute: number; square: number };
const errorsOf = (rows: Rows, count: number, feature: number, forecast: (row: number) => number): Errors => {
  let [absolute, square] = [0, 0];
  for (let row = 0; row < count; row++) {
    const error = rows.clipped[(params.window + row) * rows.features + feature]! - forecast(row);
    absolute += Math.abs(error) / count;
    square += error ** 2 / count;
  }
  return { absolute, square: Math.sqrt(square) };
};

/** Errors of the metrics that move as parts of the autoregression's: absolute and square, of each forecaster in turn. */
const FORECASTERS = ["lstm", "its linear part", "var"];
const compare = (train: Run, test: Run, trained: TrainedLstm) => {
  const rows = scaledTest(train, test, trained);
  const { forecasts, scores } = byLstm(trained, rows, test.count);
  const alone = byAutoregression(train, rows, trained);
  const all = [forecasts, byLinearPart(trained, rows, test.count), byVar(train, rows, test.count)];
  const ratios = trained.scaling.flatMap(({ isConstant }, feature) => {
    if (isConstant) return [];
    const base = errorsOf(rows, test.count, feature, (row) => alone[feature]![row]!);
    // A metric that stands still in the test part says nothing.
    if (base.absolute < 1e-6) return [];
    const errors = all.map((of) => errorsOf(rows, test.count, feature, (row) => of[row * rows.features + feature]!));
    return [errors.flatMap(({ absolute, square }) => [absolute / base.absolute, square / base.square])];
  });
  return { ratios, scores };
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0);
const geometric = (values: readonly number[]): string => Math.exp(mean(values.map(Math.log))).toFixed(3);
const report = (name: string, ratios: readonly number[][], rest: readonly string[]) => {
  const of = (column: number) => geometric(ratios.map((row) => row[column]!));
  const errors = FORECASTERS.map((forecaster, at) => `${forecaster} ${of(2 * at)} absolute, ${of(2 * at + 1)} square`);
  console.log([`${name}: ${ratios.length} metrics`, ...errors, ...rest].join(" · "));
};

const everything: number[][] = [];
const names =
  options.sets?.split(",") ?? readdirSync(data).filter((name) => existsSync(join(data, name, "labels.json")));
for (const set of names) {
  const labels: Record<string, Labels> = JSON.parse(readFileSync(join(data, set, "labels.json"), "utf8"));
  const results = Object.entries(labels).map(([entity, { segments }]) => {
    const [train, test] = ["train", "test"].map((part) => readRun(join(data, set, `${entity}.${part}.csv.gz`)));
    const time = stopwatch();
    const trained = trainLstm([train!], params, Number(options.seed), maker);
    const fitSeconds = time().cpuSeconds;
    const { ratios, scores } = compare(train!, test!, trained);
    if (options.output) {
      mkdirSync(join(options.output, set), { recursive: true });
      writeFileSync(join(options.output, set, `${entity}.csv`), `score\n${scores.join("\n")}\n`);
    }
    const calibration = fitCalibration(trained.referenceScores);
    const ordinary = scores.filter((_, row) => !segments.some(([first, last]) => row >= first && row <= last));
    const beyond = ordinary.filter((score) => anomalyScore(calibration, score) >= 3).length / ordinary.length;
    return { ratios, fitSeconds, epochs: trained.losses.length - 1, beyond };
  });
  const all = results.flatMap(({ ratios }) => ratios);
  everything.push(...all);
  const fit = `fit ${mean(results.map(({ fitSeconds }) => fitSeconds)).toFixed(2)} s, ${mean(results.map(({ epochs }) => epochs)).toFixed(0)} epochs`;
  const beyond = `unlabelled rows beyond 1 in 1,000: ${(mean(results.map((result) => result.beyond)) * 1000).toFixed(1)} in 1,000`;
  report(set, all, [fit, beyond]);
}
report("all", everything, []);
