import type { Run } from "../dataset.ts";
import { type Scaling, scaleRow } from "../scaling.ts";
import { forecastByOwnLags, type OwnLags } from "./linear.ts";
import type { LstmSeries } from "./shape.ts";

/** Consecutive rows, `from` up to but not including `to`. */
export type Span = { from: number; to: number };

/** The rows of all runs one after the other, scaled, float32, row-major rows × features; NaN = missing. */
export type Reference = {
  features: number;
  scaled: Float32Array;
  /** The same, cut to ±clip. */
  clipped: Float32Array;
  /** One for each run. */
  spans: Span[];
  /** In each run the rows before this one are the older ones, by which a model is trained; the later ones judge it. */
  cuts: number[];
};

/**
 * Splits by time, not by run: everything in the last `validationShare` of the rows' times is later than everything else,
 * whichever series it is of.
 */
export const referenceOf = (
  runs: readonly Run[],
  scaling: readonly Scaling[],
  { clip, validationShare }: { clip: number; validationShare: number },
): Reference => {
  const features = scaling.length;
  const times = Float64Array.from(runs.flatMap(({ timestamps }) => [...timestamps])).sort();
  const cutTime = times[Math.floor(times.length * (1 - validationShare))]!;
  const scaled = new Float32Array(times.length * features);
  const spans: Span[] = [];
  const cuts: number[] = [];
  let from = 0;
  for (const { values, timestamps, count } of runs) {
    for (let row = 0; row < count; row++) scaleRow(scaling, values, scaled, (from + row) * features, row * features);
    const later = timestamps.findIndex((time) => time >= cutTime);
    spans.push({ from, to: from + count });
    cuts.push(from + (later < 0 ? count : later));
    from += count;
  }
  return { features, scaled, clipped: scaled.map((value) => clipTo(value, clip)), spans, cuts };
};

/**
 * What the LSTM learns from: the clipped rows, a missing value being the centre, and how far each lies from its linear forecast,
 * in units of `linear.sd`.
 */
export const residualSeries = ({ features, clipped, spans }: Reference, linear: OwnLags): LstmSeries => {
  const inputs = clipped.map((value) => (Number.isNaN(value) ? 0 : value));
  const targets = new Float32Array(clipped.length).fill(Number.NaN);
  const forecast = new Float64Array(features);
  for (const { from, to } of spans) {
    for (let row = from + linear.lags; row < to; row++) {
      forecastByOwnLags(linear, inputs, row * features, forecast);
      for (let feature = 0; feature < features; feature++) {
        const at = row * features + feature;
        targets[at] = (clipped[at]! - forecast[feature]!) / linear.sd[feature]!;
      }
    }
  }
  return { rows: clipped.length / features, inputs, targets };
};

/** The newest rows of the vectors that judge a model: the later ones that have a whole window before them. */
export const judgedRows = ({ spans, cuts }: Reference, window: number): number[] =>
  spans.flatMap(({ from, to }, run) => {
    const first = Math.max(cuts[run]!, from + window);
    return Array.from({ length: Math.max(0, to - first) }, (_, at) => first + at);
  });

/** The vectors of `window` + 1 rows, as a model takes them, that end with these rows. */
export const vectorsEndingAt = (
  rows: readonly number[],
  { features, scaled }: Pick<Reference, "features" | "scaled">,
  window: number,
): Float32Array => {
  const width = (window + 1) * features;
  const vectors = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) {
    vectors.set(scaled.subarray((row - window) * features, (row + 1) * features), at * width);
  }
  return vectors;
};

/** Within ±clip; missing stays missing. */
export const clipTo = (value: number, clip: number): number => (value > clip ? clip : value < -clip ? -clip : value);
