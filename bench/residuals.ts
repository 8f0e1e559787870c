import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { processOf } from "@tidewatch/core/model/arima/fit";
import { selectArima } from "@tidewatch/core/model/arima/select";
import { anomalyScore, fitCalibration } from "@tidewatch/core/model/calibration";
import { residualFeatures } from "@tidewatch/core/model/hybrid/features";
import { type HybridModel, type HybridParams, RESIDUAL_FEATURES, windowOf } from "@tidewatch/core/model/hybrid/model";
import { hybridContributions, hybridIsolations, hybridScores } from "@tidewatch/core/model/hybrid/score";
import { heldOutScores, scaledRuns, trainHybrid } from "@tidewatch/core/model/hybrid/train";
import { scoreWindows, windowForecaster } from "@tidewatch/core/model/linear/export";
import { stopwatch } from "./measure.ts";

const USAGE = `Scores what forecasters leave over: hybrid (a forest on residual features), arima, and the plain residual of the same
ridge autoregressions, which both have to beat.

  node bench/residuals.ts DATA --output SCORES    SCORES/<family>/<set>/<entity>.csv, column "score", a row per test row

DATA/<set>/<entity>.{train,test}.csv.gz with a header line and DATA/<set>/labels.json; or, for single metrics,
DATA/<set>/<series>.csv.gz with the columns timestamp,value: the first 4,000 rows train. arima is for single metrics only.
One configuration for all. Prints a line per set: time, attribution, and rows beyond the reference.`;

type Labels = { segments: [number, number][]; interpretation?: { segment: [number, number]; metrics: string[] }[] };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { output: { type: "string" }, sets: { type: "string" }, help: { type: "boolean", short: "h" } },
});
const [data] = positionals;
if (!data || options.help) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 2);
}

const PARAMS: HybridParams = { lags: 10, recent: 8, trees: 100, sampleSize: 256 };
const SINGLE_TRAINING_ROWS = 4000;
const ARIMA_WINDOW = 64;

type Rows = { values: Float64Array; columns: number; count: number; timestamps: Float64Array };
const readRows = (file: string, from = 0): Rows => {
  const lines = gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n").slice(1);
  const rows = lines.map((line) => line.split(",").slice(from).map(Number));
  return {
    values: Float64Array.from(rows.flat()),
    columns: rows[0]!.length,
    count: rows.length,
    timestamps: new Float64Array(rows.length),
  };
};
const firstRows = ({ values, columns, timestamps }: Rows, count: number): Rows => ({
  ...{ columns, count },
  values: values.subarray(0, count * columns),
  timestamps: timestamps.subarray(0, count),
});

/** What trains, and that followed by what is scored, of which the first `skipped` rows have no score of their own. */
const parts = (set: string, entity: string): { train: Rows; all: Rows; skipped: number } => {
  const single = join(data, set, `${entity}.csv.gz`);
  if (existsSync(single)) {
    const all = readRows(single, 1);
    return { train: firstRows(all, SINGLE_TRAINING_ROWS), all, skipped: 0 };
  }
  const [train, test] = ["train", "test"].map((part) => readRows(join(data, set, `${entity}.${part}.csv.gz`)));
  const count = train!.count + test!.count;
  const values = new Float64Array(count * train!.columns);
  values.set(train!.values);
  values.set(test!.values, train!.values.length);
  return {
    train: train!,
    all: { ...train!, values, count, timestamps: new Float64Array(count) },
    skipped: train!.count,
  };
};

/** Scores of all rows but the first `skipped`; those before the first vector have the first one's. */
const aligned = (scores: Float64Array, count: number, skipped: number): Float64Array =>
  Float64Array.from(
    { length: count - skipped },
    (_, row) => scores[Math.max(0, row + skipped - (count - scores.length))]!,
  );

const scaledBy = (rows: Rows, scaling: ReturnType<typeof scaledRuns>["scaling"]): Float32Array =>
  Float32Array.from(rows.values, (value, at) => {
    const { center, scale } = scaling[at % rows.columns]!;
    return (value - center) / scale;
  });

/** ln(1 + |residual| / sd), averaged over the strongest metrics as hybrid does. */
const residualScores = (model: HybridModel, vectors: Float32Array, rowCount: number): Float64Array => {
  const features = residualFeatures(model, vectors, rowCount, model.metrics);
  const logarithms = Float64Array.from({ length: rowCount * model.metrics }, (_, at) =>
    Math.log1p(Math.abs(features[at * RESIDUAL_FEATURES]!)),
  );
  return hybridScores(logarithms, model.metrics);
};

const arimaScores = (train: Rows, all: Rows): Float64Array => {
  const { scaling, scaled } = scaledRuns([train], 1);
  const process = processOf(selectArima([Float64Array.from(scaled[0]!.rows)]));
  const forecaster = windowForecaster(process, { center: 0, scale: 1 }, ARIMA_WINDOW);
  return scoreWindows(forecaster, scaledBy(all, scaling), all.count - ARIMA_WINDOW, 1);
};

const write = (family: string, set: string, entity: string, scores: Float64Array): void => {
  if (!options.output) return;
  const path = join(options.output, family, set, `${entity}.csv`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `score\n${scores.join("\n")}\n`);
};

/** Of stretches with known metrics: is the first named one at fault, is one of the first three. */
const attributionHits = (isolations: Float64Array, metrics: number, cases: NonNullable<Labels["interpretation"]>) =>
  cases.map(({ segment: [first, last], metrics: guilty }) => {
    const contributions = hybridContributions(isolations.slice(first * metrics, (last + 1) * metrics));
    const largest = Float64Array.from({ length: metrics }, (_, metric) =>
      contributions.reduce((max, value, at) => (at % metrics === metric ? Math.max(max, value) : max), 0),
    );
    const order = [...largest.keys()].sort((a, b) => largest[b]! - largest[a]!).slice(0, 3);
    return order.map((metric) => guilty.includes(`m${String(metric).padStart(2, "0")}`));
  });

const scoreEntity = (set: string, entity: string, { segments, interpretation = [] }: Labels) => {
  const { train, all, skipped } = parts(set, entity);
  const { columns } = all;
  const window = windowOf(PARAMS);
  const fitting = stopwatch();
  const { scaling, scaled } = scaledRuns([train], columns);
  const { model } = trainHybrid(scaled, columns, PARAMS, 1);
  const fitSeconds = fitting().cpuSeconds;
  const calibration = fitCalibration(heldOutScores(scaled, columns, PARAMS, 1));
  const vectors = scaledBy(all, scaling);
  const scoring = stopwatch();
  const isolations = hybridIsolations(model, vectors, all.count - window + 1, columns);
  const rowMicros = (scoring().cpuSeconds * 1e6) / all.count;
  const scores = aligned(hybridScores(isolations, columns), all.count, skipped);
  write("hybrid", set, entity, scores);
  write("residual", set, entity, aligned(residualScores(model, vectors, all.count - window + 1), all.count, skipped));
  if (columns === 1) write("arima", set, entity, aligned(arimaScores(train, all), all.count, skipped));
  const tested = isolations.slice((skipped - window + 1) * columns);
  const ordinary = [...scores].filter((_, row) => !segments.some(([first, last]) => row >= first && row <= last));
  return {
    fitSeconds,
    rowMicros,
    hits: attributionHits(tested, columns, interpretation),
    beyond: ordinary.filter((score) => anomalyScore(calibration, score) >= 3).length / ordinary.length,
  };
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0);

for (const set of options.sets?.split(",") ??
  readdirSync(data).filter((name) => existsSync(join(data, name, "labels.json")))) {
  const labels: Record<string, Labels> = JSON.parse(readFileSync(join(data, set, "labels.json"), "utf8"));
  const results = Object.entries(labels).map(([entity, label]) => scoreEntity(set, entity, label));
  const hits = results.flatMap((result) => result.hits);
  const share = (isHit: (hit: readonly boolean[]) => boolean) => (hits.filter(isHit).length / hits.length).toFixed(3);
  console.log(
    [
      `${set}: ${results.length} series`,
      `fit ${mean(results.map(({ fitSeconds }) => fitSeconds)).toFixed(2)} s`,
      `score ${mean(results.map(({ rowMicros }) => rowMicros)).toFixed(0)} µs/row`,
      ...(hits.length > 0
        ? [
            `attribution of ${hits.length}: first ${share(([first]) => !!first)}, one of three ${share((hit) => hit.includes(true))}`,
          ]
        : []),
      `unlabelled rows beyond 1 in 1,000: ${(1000 * mean(results.map(({ beyond }) => beyond))).toFixed(1)} in 1,000`,
    ].join(" · "),
  );
}
