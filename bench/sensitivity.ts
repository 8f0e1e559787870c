import { parseArgs } from "node:util";
import { Detector, shingleSizeOf } from "@tidewatch/core/detector";
import { scaleRow } from "@tidewatch/core/model/scaling";
import { loadScorer } from "@tidewatch/core/model/scorer";
import { stream } from "@tidewatch/core/model/stream/family";
import { type IncidentStep, type OpenIncident, stepIncident } from "@tidewatch/core/score/incident";
import { expectedFalseAlarmsPerWeek, thresholdOf } from "@tidewatch/core/score/threshold";
import { fitDetector } from "@tidewatch/core/train/fit";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { type LabelledSeries, labelledSeries } from "./labelled-series.ts";
import { quantile } from "./measure.ts";

const USAGE = `How well a sensitivity's expected number of false incidents a week holds on public data.

  node bench/sensitivity.ts DATA                      DATA/{servers,kpi,nab}, as bench/labelled-series.ts reads them
  node bench/sensitivity.ts DATA --families stream    some of stream, var, isolation-forest
  node bench/sensitivity.ts DATA --sets kpi,nab       some of the data sets
  node bench/sensitivity.ts DATA --coverage           rows instead: measured share of rows over the share that a score says

Each family learns the first part of a series, default settings, and scores what comes later. Incidents that begin in rows
without a label are counted as false, though some of those rows are strange all the same. Prints, per family and data set,
the mean and the median over series and how many of them stay within three times what is expected.`;

const SENSITIVITIES = [1, 3, 5, 7, 10];
const DECADES = [1, 2, 3, 4];
const CLOSE_AFTER_ROWS = 5;
const SECONDS_PER_WEEK = 604_800;
const FAMILIES = ["stream", "var", "isolation-forest"] as const;
type Family = (typeof FAMILIES)[number];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    families: { type: "string", default: FAMILIES.join(",") },
    sets: { type: "string" },
    coverage: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const rowsOf = (values: Float64Array, columns: number): Float64Array[] =>
  Array.from({ length: values.length / columns }, (_, row) => values.subarray(row * columns, (row + 1) * columns));

/** What each later row is at a threshold. */
type Judge = (threshold: number) => IncidentStep[];

/** Undefined where the family cannot learn the series. */
const judgeOf = async (family: Family, series: LabelledSeries): Promise<Judge | undefined> => {
  if (family === "stream") return (threshold) => streamSteps(series, threshold);
  if (family === "var" && series.columns < 2) return undefined;
  const scores = await trainedScores(family, series);
  return (threshold) => Array.from(scores, (score) => (score >= threshold ? "anomaly" : "normal"));
};

const trainedScores = async (family: Family, series: LabelledSeries): Promise<Float64Array> => {
  const { columns, past, later } = series;
  const features = Array.from({ length: columns }, (_, column) => ({ metric: `m${column}` }));
  const detector = Detector.parse({ id: "bench", features, model: { family } });
  const rows = rowsOf(past, columns);
  const timestamps = rows.map((_, row) => row * series.stepSeconds * 1000);
  const fitOptions = { version: 1, seed: 1, nowMs: 0, featureHash: "" };
  const { manifest, onnx } = await fitDetector(detector, [{ timestamps, rows }], fitOptions);
  const scorer = await loadScorer(onnxRuntime(), manifest, onnx);
  const shingleSize = shingleSizeOf(detector);
  const before = past.subarray(past.length - (shingleSize - 1) * columns);
  const scaled = new Float32Array(before.length + later.length);
  for (const [row, values] of [...rowsOf(before, columns), ...rowsOf(later, columns)].entries()) {
    scaleRow(manifest.scaling, values, scaled, row * columns);
  }
  const count = later.length / columns;
  const width = columns * shingleSize;
  const vectors = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    vectors.set(scaled.subarray(row * columns, row * columns + width), row * width);
  }
  return (await scorer.score(vectors, count)).scores;
};

/** Online, from the first row on. */
const streamSteps = (series: LabelledSeries, threshold: number): IncidentStep[] => {
  const { columns, past, later, startMs, stepSeconds } = series;
  const states = stream.fresh(columns);
  const perFeature = () => new Float64Array(columns);
  const features = { expected: perFeature(), lower: perFeature(), upper: perFeature(), shares: perFeature() };
  const verdict = { score: 0, evidence: 0, ...features };
  const context = { timestampMs: startMs, threshold };
  const step = (values: Float64Array, at: number): IncidentStep => {
    stream.update(states, values, at, context, verdict);
    context.timestampMs += stepSeconds * 1000;
    const isOver = verdict.score >= threshold;
    return isOver ? "anomaly" : verdict.evidence >= threshold ? "continues" : "normal";
  };
  for (let at = 0; at < past.length; at += columns) step(past, at);
  return Array.from({ length: later.length / columns }, (_, row) => step(later, row * columns));
};

const newIncident = (): OpenIncident => ({ id: "", startMs: 0, normalRows: 0 });

/** Those that begin in rows without a label. */
const incidentsPerWeek = (steps: readonly IncidentStep[], { isLabelled, stepSeconds }: LabelledSeries): number => {
  let open: OpenIncident | undefined;
  let incidents = 0;
  for (const [row, step] of steps.entries()) {
    open = stepIncident(open, step, CLOSE_AFTER_ROWS, () => {
      if (!isLabelled[row]) incidents++;
      return newIncident();
    });
  }
  const unlabelled = steps.filter((_, row) => !isLabelled[row]).length;
  return incidents / ((unlabelled * stepSeconds) / SECONDS_PER_WEEK);
};

const alarmedShare = (steps: readonly IncidentStep[], { isLabelled }: LabelledSeries): number => {
  const ordinary = steps.filter((_, row) => !isLabelled[row]);
  return ordinary.filter((step) => step === "anomaly").length / ordinary.length;
};

type Cell = { expected: number; measured: number };
const cellOf = (judge: Judge, series: LabelledSeries, step: number): Cell => {
  if (options.coverage) return { expected: 1, measured: alarmedShare(judge(step), series) * 10 ** step };
  const threshold = thresholdOf(step);
  return {
    expected: expectedFalseAlarmsPerWeek(threshold, series.stepSeconds, CLOSE_AFTER_ROWS),
    measured: incidentsPerWeek(judge(threshold), series),
  };
};

const short = (value: number): string => String(Number(value.toPrecision(2)));
const cellText = (cells: readonly Cell[]): string => {
  const measured = cells.map((cell) => cell.measured).sort((a, b) => a - b);
  const mean = measured.reduce((sum, value) => sum + value / measured.length, 0);
  const near = cells.filter((cell) => cell.measured <= 3 * cell.expected).length;
  const expected = cells.reduce((sum, cell) => sum + cell.expected / cells.length, 0);
  return `${short(mean)} (${short(quantile(measured, 0.5))}) of ${short(expected)}, ${near}/${cells.length}`;
};

const run = async (): Promise<void> => {
  const [data] = positionals;
  if (!data || options.help) {
    console.log(USAGE);
    process.exitCode = options.help ? 0 : 2;
    return;
  }
  const sets = options.sets?.split(",");
  const series = [...labelledSeries(data)].filter(({ set }) => sets?.includes(set) ?? true);
  if (series.length === 0) console.log(`No data in ${data}.`);
  const steps = options.coverage ? DECADES : SENSITIVITIES;
  console.log("mean (median) of what is expected, series within three times that");
  console.log(`| family, set | ${steps.map((step) => (options.coverage ? `10^−${step}` : step)).join(" | ")} |`);
  for (const family of FAMILIES.filter((name) => options.families.split(",").includes(name))) {
    for (const set of new Set(series.map((one) => one.set))) {
      const cells: Cell[][] = steps.map(() => []);
      for (const one of series.filter((other) => other.set === set)) {
        const judge = await judgeOf(family, one).catch((error: Error) => {
          console.error(`${set} ${one.name}, ${family}: ${error.message}`);
        });
        if (!judge) continue;
        for (const [index, step] of steps.entries()) cells[index]!.push(cellOf(judge, one, step));
      }
      if (cells[0]!.length > 0) console.log(`| ${family}, ${set} | ${cells.map(cellText).join(" | ")} |`);
    }
  }
};

await run();
