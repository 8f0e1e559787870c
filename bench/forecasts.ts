import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { ARIMA_BOUNDS, type ArimaBounds } from "@tidewatch/core/model/arima/bounds";
import { orderName, processOf } from "@tidewatch/core/model/arima/fit";
import { selectArima } from "@tidewatch/core/model/arima/select";
import { AUTOREGRESSION_PARAMS, fitAutoregression } from "@tidewatch/core/model/autoregression/fit";
import { ONE } from "@tidewatch/core/model/linear/polynomial";
import { forecast, type LinearProcess, oneStepForecasts } from "@tidewatch/core/model/linear/process";

const USAGE = `Compares forecasters on the servers data sets: every fourth metric of a few entities, fitted on the training part.

  node bench/forecasts.ts DATA        DATA/<set>/<entity>.{train,test}.csv.gz with a header line

Prints, per forecaster, the mean absolute error against that of the last value, as a geometric mean over the series: one step
ahead for 2,000 test rows, and twelve steps ahead from every fortieth of them.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean", short: "h" } },
});
const [data] = positionals;
if (!data || options.help) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 2);
}

const ENTITIES = ["js_d2/service2", "js_d2/service21", "js_d2/service25", "asd/omi-1", "asd/omi-5", "asd/omi-9"];
const METRICS = [0, 4, 8, 12, 16];
/** Rows of a day: one every five minutes. */
const DAY = 288;
const TEST_ROWS = 2000;
const STEPS = 12;
const STRIDE = 40;

const lastValue: LinearProcess = {
  ar: new Map([
    [0, 1],
    [1, -1],
  ]),
  ma: ONE,
  constant: 0,
  sd: 0,
};
const arima = (values: Float64Array, bounds: Partial<ArimaBounds>) => {
  const model = selectArima([values], { ...ARIMA_BOUNDS, ...bounds });
  return { process: processOf(model), name: orderName(model.order) };
};
const FORECASTERS: Record<string, (train: Float64Array) => { process: LinearProcess; name?: string }> = {
  "last value": () => ({ process: lastValue }),
  "ridge autoregression, 10 lags": (train) => ({ process: fitAutoregression(train, AUTOREGRESSION_PARAMS) }),
  "ridge autoregression, 10 lags and a day": (train) => {
    const lags = [...AUTOREGRESSION_PARAMS.lags, DAY - 1, DAY, DAY + 1];
    return { process: fitAutoregression(train, { ...AUTOREGRESSION_PARAMS, lags }) };
  },
  arima: (train) => arima(train, {}),
  "arima, season of a day": (train) => arima(train, { period: DAY }),
};

const columnsOf = (file: string): number[][] => {
  const rows = gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n").slice(1);
  return rows.map((row) => row.split(",").map(Number));
};

const meanError = (forecasts: Iterable<number>, actual: ArrayLike<number>): number => {
  const errors = Array.from(forecasts, (value, at) => Math.abs(value - actual[at]!));
  return errors.reduce((sum, error) => sum + error / errors.length, 0);
};

const errorsOf = (process: LinearProcess, values: Float64Array, from: number) => {
  const near = meanError(oneStepForecasts(process, values).subarray(from), values.subarray(from));
  const far: number[] = [];
  for (let at = from; at + STEPS <= values.length; at += STRIDE) {
    const { mean } = forecast(process, values.subarray(0, at), STEPS);
    far.push(meanError(mean, values.subarray(at, at + STEPS)));
  }
  return { near, far: far.reduce((sum, error) => sum + error / far.length, 0) };
};

type Errors = ReturnType<typeof errorsOf>;
const errors = new Map<string, Errors[]>(Object.keys(FORECASTERS).map((name) => [name, []]));
for (const entity of ENTITIES) {
  const [train, test] = ["train", "test"].map((part) => columnsOf(join(data, `${entity}.${part}.csv.gz`)));
  for (const metric of METRICS) {
    const past = Float64Array.from(train!, (row) => row[metric]!);
    if (past.every((value) => value === past[0])) continue;
    const values = Float64Array.of(...past, ...test!.slice(0, TEST_ROWS).map((row) => row[metric]!));
    const names = Object.entries(FORECASTERS).map(([name, fitted]) => {
      const { process, name: order } = fitted(past);
      errors.get(name)!.push(errorsOf(process, values, past.length));
      return order;
    });
    console.error(`${entity} m${metric}: ${names.filter(Boolean).join(", ")}`);
  }
}

const base = errors.get("last value")!;
const ratio = (list: readonly Errors[], horizon: keyof Errors): string => {
  const logarithms = list.map((error, series) => Math.log(error[horizon] / base[series]![horizon]));
  return Math.exp(logarithms.reduce((sum, value) => sum + value / list.length, 0)).toFixed(3);
};
console.log(`${base.length} series; mean absolute error against the last value's, one step and ${STEPS} steps ahead`);
for (const [name, list] of errors) console.log(`${ratio(list, "near")}  ${ratio(list, "far")}  ${name}`);
