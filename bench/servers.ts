import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { anomalyScore, fitCalibration } from "@tidewatch/core/model/calibration";
import type { Calibration } from "@tidewatch/core/model/manifest";
import { VAR_PARAMS, type VarModel } from "@tidewatch/core/model/var/model";
import type { MetricRows } from "@tidewatch/core/model/var/moments";
import { scoreVar, varContributions, varShares } from "@tidewatch/core/model/var/score";
import { heldOutScores, trainVar, varVectors } from "@tidewatch/core/model/var/train";
import { budgetThreshold, freshAlarmMemory, rememberScore } from "@tidewatch/core/score/alarm-memory";
import { thresholdOf } from "@tidewatch/core/score/threshold";
import { stopwatch } from "./measure.ts";

const USAGE = `Scores the servers data sets with the var family, one configuration for all entities.

  node bench/servers.ts DATA --output SCORES     SCORES/<set>/<entity>.csv, column "score", a row per test row
  node bench/servers.ts DATA --sets asd,smd      some of the sets (default: all folders with labels.json)

DATA/<set>/<entity>.{train,test}.csv.gz with a header line; DATA/<set>/labels.json. Prints a line per set: time to fit and
score, how often the attribution names a metric that was at fault, and what the daily alarm limit would have done.`;

type Labels = { step_s: number; segments: [number, number][]; interpretation?: Interpretation[] };
type Interpretation = { segment: [number, number]; metrics: string[] };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { output: { type: "string" }, sets: { type: "string" }, help: { type: "boolean", short: "h" } },
});
const [data] = positionals;
if (!data || options.help) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 2);
}

const readRows = (file: string): MetricRows => {
  const lines = gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n").slice(1);
  const rows = lines.map((line) => line.split(",").map((cell) => (cell === "" ? Number.NaN : Number(cell))));
  return { values: Float64Array.from(rows.flat()), columns: rows[0]?.length ?? 0, count: rows.length };
};

/** Test rows, and before them the end of the training part, which their first vectors need. */
const withPast = (train: MetricRows, test: MetricRows, lags: number): MetricRows => {
  const { columns } = train;
  const values = new Float64Array((lags + test.count) * columns);
  values.set(train.values.subarray(-lags * columns));
  values.set(test.values, lags * columns);
  return { values, columns, count: lags + test.count };
};

const scoreEntity = (train: MetricRows, test: MetricRows) => {
  const time = stopwatch();
  const trained = trainVar([train], VAR_PARAMS);
  const fitSeconds = time().cpuSeconds;
  const calibration = fitCalibration(heldOutScores([train], VAR_PARAMS));
  const { vectors } = varVectors(trained, withPast(train, test, VAR_PARAMS.lags));
  const scoring = stopwatch();
  const scores = scoreVar(trained.model, vectors, test.count);
  return { model: trained.model, vectors, scores, calibration, fitSeconds, scoreSeconds: scoring().cpuSeconds };
};

/** Share of unlabelled test rows that pass what one reference row in a thousand does. */
const beyondReference = (scores: Float64Array, calibration: Calibration, { segments }: Labels): number => {
  const ordinary = [...scores].filter((_, row) => !segments.some(([first, last]) => row >= first && row <= last));
  return ordinary.filter((score) => anomalyScore(calibration, score) >= 3).length / ordinary.length;
};

/** Of labelled stretches with known metrics: is the first named one at fault, is one of the first three. */
const attributionHits = (model: VarModel, vectors: Float32Array, cases: readonly Interpretation[]) => {
  const width = model.metrics * (model.lags + 1);
  const named = cases.map(({ segment: [first, last], metrics }) => {
    const part = vectors.subarray(first * width, (last + 1) * width);
    const shares = varShares(varContributions(model, part, part.length / width), model.metrics);
    const order = [...shares.keys()].sort((a, b) => shares[b]! - shares[a]!);
    return order.slice(0, 3).map((metric) => metrics.includes(`m${String(metric).padStart(2, "0")}`));
  });
  return {
    cases: cases.length,
    first: named.filter(([first]) => first).length,
    three: named.filter((hit) => hit.includes(true)).length,
  };
};

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const ALARMS_PER_DAY = 2;
const DEFAULT_THRESHOLD = thresholdOf(5);

/** What the pipeline's alarm budget does to the rows from the second day on: events found, precision by rows, false bursts a day. */
const underBudget = (scores: Float64Array, calibration: Calibration, { step_s, segments }: Labels) => {
  const memory = freshAlarmMemory();
  const stepMs = step_s * 1000;
  const perDay = Math.round(DAY_MS / stepMs);
  const isLabelled = new Uint8Array(scores.length);
  for (const [first, last] of segments) isLabelled.fill(1, first, last + 1);
  let [watched, right, wrong, bursts, lastWrong] = [0, 0, 0, 0, Number.NEGATIVE_INFINITY];
  const found = new Set<number>();
  for (let row = 0; row < scores.length; row++) {
    const score = anomalyScore(calibration, scores[row]!);
    const isAlarm = score >= budgetThreshold(memory, DEFAULT_THRESHOLD);
    rememberScore(memory, row * stepMs, score, ALARMS_PER_DAY);
    if (row < perDay) continue;
    watched++;
    if (!isAlarm) continue;
    if (isLabelled[row]) {
      right++;
      found.add(segments.findIndex(([first, last]) => row >= first && row <= last));
      continue;
    }
    wrong++;
    if (row * stepMs - lastWrong > HOUR_MS) bursts++;
    lastWrong = row * stepMs;
  }
  const events = segments.filter(([, last]) => last >= perDay).length;
  return {
    recall: found.size / events,
    precision: right / Math.max(1, right + wrong),
    bursts: bursts / (watched / perDay),
  };
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0);

for (const set of options.sets?.split(",") ??
  readdirSync(data).filter((name) => existsSync(join(data, name, "labels.json")))) {
  const labels: Record<string, Labels> = JSON.parse(readFileSync(join(data, set, "labels.json"), "utf8"));
  const results = Object.entries(labels).map(([entity, label]) => {
    const [train, test] = ["train", "test"].map((part) => readRows(join(data, set, `${entity}.${part}.csv.gz`)));
    const { model, vectors, scores, calibration, fitSeconds, scoreSeconds } = scoreEntity(train!, test!);
    if (options.output) {
      mkdirSync(join(options.output, set), { recursive: true });
      writeFileSync(join(options.output, set, `${entity}.csv`), `score\n${scores.join("\n")}\n`);
    }
    const hits = attributionHits(model, vectors, label.interpretation ?? []);
    const beyond = beyondReference(scores, calibration, label);
    return {
      fitSeconds,
      rowMicros: (scoreSeconds * 1e6) / scores.length,
      hits,
      beyond,
      budget: underBudget(scores, calibration, label),
    };
  });
  const cases = results.reduce((sum, { hits }) => sum + hits.cases, 0);
  const share = (of: "first" | "three") => (results.reduce((sum, { hits }) => sum + hits[of], 0) / cases).toFixed(3);
  const budgets = results.map(({ budget }) => budget);
  console.log(
    [
      `${set}: ${results.length} entities`,
      `fit ${mean(results.map(({ fitSeconds }) => fitSeconds)).toFixed(2)} s`,
      `score ${mean(results.map(({ rowMicros }) => rowMicros)).toFixed(1)} µs/row`,
      ...(cases > 0 ? [`attribution of ${cases}: first ${share("first")}, one of three ${share("three")}`] : []),
      `unlabelled rows beyond 1 in 1,000: ${(mean(results.map(({ beyond }) => beyond)) * 1000).toFixed(1)} in 1,000`,
      `budget ${ALARMS_PER_DAY}/day: events ${mean(budgets.map(({ recall }) => recall)).toFixed(2)}`,
      `rows right ${mean(budgets.map(({ precision }) => precision)).toFixed(2)}`,
      `false bursts ${mean(budgets.map(({ bursts }) => bursts)).toFixed(2)}/day`,
    ].join(" · "),
  );
}
