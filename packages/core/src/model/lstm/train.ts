import { AppError } from "../../errors.ts";
import { randomOf } from "../random.ts";
import { scaleRow } from "../scaling.ts";
import {
  CONSTANT_MOVE,
  type MetricRows,
  type MetricScaling,
  mergeMoments,
  metricScaling,
  momentsOf,
} from "../var/moments.ts";
import { descend, type Span } from "./descend.ts";
import { type KernelMaker, kernelMaker } from "./kernels.ts";
import { fitOwnLags, forecastByOwnLags, RESIDUAL_SD_MIN } from "./linear.ts";
import type { LstmModel, LstmParams } from "./model.ts";
import { clipped, lstmForecasts, scoreLstm } from "./score.ts";
import type { LstmSeries } from "./shape.ts";
import { initialWeights, packWeights, unpackWeights } from "./weights.ts";

export type TrainedLstm = {
  scaling: MetricScaling[];
  model: LstmModel;
  /** Raw scores of the validation part, which came after the rows that the weights were fitted to: what calibration is made of. */
  referenceScores: Float64Array;
  /** Mean validation loss before training (the linear forecast alone) and after each epoch. */
  losses: number[];
};

const CHUNK = 1024;

export const trainLstm = (
  runs: readonly MetricRows[],
  params: LstmParams,
  seed: number,
  maker: KernelMaker = kernelMaker(),
): TrainedLstm => {
  if (runs.length === 0) throw new AppError("VALIDATION", "lstm needs rows to learn from, got none");
  const features = runs[0]!.columns;
  const scaling = metricScaling(runs.map(momentsOf).reduce(mergeMoments));
  const runsCut = runs.map((rows) => ({ rows, cut: rows.count - Math.floor(rows.count * params.validationShare) }));
  const scaled = runs.map((rows) => scaledFloats(rows, scaling));
  const training: Span[] = [];
  const validation: Span[] = [];
  let at = 0;
  for (const { rows, cut } of runsCut) {
    training.push({ from: at, to: at + cut });
    validation.push({ from: Math.max(at, at + cut - params.window), to: at + rows.count });
    at += rows.count;
  }
  const all = joinRuns(scaled, params.clip);
  const linear = fitOwnLags(all, features, process.env.LT ? training : training.map(({ from }, i) => ({ from, to: training[i + 1]?.from ?? all.length / features })), params);
  const base = { ...params, features, linear, unit: linear.sd };
  const series = seriesOf(base, all, training);
  const shape = {
    inputs: features,
    hidden: params.hidden,
    outputs: features,
    batch: params.batch,
    steps: params.window,
    lossFrom: params.window >> 2,
  };
  const kernels = maker(shape, series);
  packWeights(initialWeights(shape, randomOf(seed, 0)), shape, kernels.weights);
  const { weights, losses } = descend(kernels, shape, { training, validation }, params, randomOf(seed, 1));
  const model: LstmModel = {
    ...base,
    weights: unpackWeights(weights, shape),
    sd: new Float64Array(features),
    levelCap: Float64Array.from(scaling, ({ isConstant }) => (isConstant ? CONSTANT_MOVE : params.cap)),
  };
  const squares = new Float64Array(features);
  const counts = new Float64Array(features);
  const chunks = () => runsCut.flatMap(({ cut }, run) => [...vectorChunks(scaled[run]!, features, params.window, cut)]);
  for (const vectors of chunks()) {
    const rows = vectors.length / (features * (params.window + 1));
    const forecasts = lstmForecasts(model, vectors, rows, maker);
    for (let i = 0; i < forecasts.length; i++) {
      const value = vectors[(Math.floor(i / features) * (params.window + 1) + params.window) * features + (i % features)]!;
      if (Number.isNaN(value)) continue;
      squares[i % features] = squares[i % features]! + (clipped(value, params.clip) - forecasts[i]!) ** 2;
      counts[i % features] = counts[i % features]! + 1;
    }
  }
  model.sd.set(squares.map((sum, f) => Math.max(RESIDUAL_SD_MIN, Math.sqrt(sum / Math.max(1, counts[f]!)))));
  const scores = chunks().map((vectors) => scoreLstm(model, vectors, vectors.length / (features * (params.window + 1)), maker));
  return { scaling, model, losses, referenceScores: Float64Array.from(scores.flatMap((part) => [...part])) };
};

export const scaledFloats = ({ values, columns }: MetricRows, scaling: readonly MetricScaling[]): Float32Array => {
  const scaled = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += columns) scaleRow(scaling, values, scaled, at, at);
  return scaled;
};

function* vectorChunks(scaled: Float32Array, features: number, window: number, from: number): Generator<Float32Array> {
  const rows = scaled.length / features;
  for (let first = Math.max(from, window); first < rows; first += CHUNK) {
    const count = Math.min(CHUNK, rows - first);
    yield vectorsOf(scaled, features, window, first, count);
  }
}
export const vectorsOf = (scaled: Float32Array, features: number, window: number, first: number, count: number) => {
  const width = (window + 1) * features;
  const vectors = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    vectors.set(scaled.subarray((first + row - window) * features, (first + row + 1) * features), row * width);
  }
  return vectors;
};

const joinRuns = (runs: readonly Float32Array[], clip: number): Float32Array => {
  const out = new Float32Array(runs.reduce((n, r) => n + r.length, 0));
  let at = 0;
  for (const run of runs) {
    for (let i = 0; i < run.length; i++) out[at + i] = run[i]! > clip ? clip : run[i]! < -clip ? -clip : run[i]!;
    at += run.length;
  }
  return out;
};
const seriesOf = (base: Pick<LstmModel, "features" | "linear" | "unit">, all: Float32Array, runs: readonly Span[]): LstmSeries => {
  const { features, linear } = base;
  const inputs = all.map((v) => (Number.isNaN(v) ? 0 : v));
  const targets = new Float32Array(all.length).fill(Number.NaN);
  const out = new Float64Array(features);
  const rows = all.length / features;
  for (let run = 0; run < runs.length; run++) {
    const end = runs[run + 1]?.from ?? rows;
    for (let row = runs[run]!.from + linear.lags; row < end; row++) {
      forecastByOwnLags(linear, inputs, row * features, out);
      for (let f = 0; f < features; f++) targets[row * features + f] = (all[row * features + f]! - out[f]!) / base.unit[f]!;
    }
  }
  return { rows, inputs, targets };
};
