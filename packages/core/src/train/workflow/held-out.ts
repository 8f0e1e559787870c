import { type Detector, featureNames, shingleSizeOf } from "../../detector.ts";
import { collectVectors, countLabelled, countVectors, type Dataset, type TrainingSeries } from "../../model/dataset.ts";
import { learnsFromLabels } from "../../model/families.ts";
import { missingLabels } from "../labelled.ts";

/** The newest part of the rows, which candidates do not learn from and are compared on. */
const HELD_OUT_SHARE = 0.25;
/** With fewer rows on either side a comparison says nothing. */
const LEAST_ROWS = 100;
/** Rows that each candidate is judged by: enough for a false-alarm share of one in a thousand. */
const JUDGED_ROWS_MAX = 20_000;

/** A training set, cut at one moment for all its series: never at random, or a row's neighbours would give it away. */
export type Split = { splitMs: number; older: TrainingSeries[]; newer: TrainingSeries[] };

/**
 * The newest quarter is held out. Where it is known since when things are otherwise, of what came since at most the newer half:
 * a candidate that has learnt nothing of it could only be wrong about it.
 * @returns `undefined` where there are too few rows, or labels, for two parts
 */
export const splitInTime = (
  detector: Detector,
  series: readonly TrainingSeries[],
  sinceMs = Number.POSITIVE_INFINITY,
): Split | undefined => {
  const times = Float64Array.from(series.flatMap(timesOfRows)).sort();
  const newestMs = times[Math.floor(times.length * (1 - HELD_OUT_SHARE))];
  if (newestMs === undefined) return undefined;
  const since = times.filter((time) => time >= sinceMs);
  const halfMs = since[Math.floor(since.length / 2)] ?? newestMs;
  return (halfMs > newestMs ? splitAt(detector, series, halfMs) : undefined) ?? splitAt(detector, series, newestMs);
};

const splitAt = (detector: Detector, series: readonly TrainingSeries[], splitMs: number): Split | undefined => {
  const before = shingleSizeOf(detector) - 1;
  const parts = series.map((one) => {
    const first = firstFrom(one.timestamps, splitMs);
    return { older: cut(one, 0, first), newer: cut(one, Math.max(0, first - before), one.rows.length) };
  });
  const split = { splitMs, older: parts.map(({ older }) => older), newer: parts.map(({ newer }) => newer) };
  return isEnough(detector, split) ? split : undefined;
};

/** The rows before a time. */
export const rowsBefore = (series: readonly TrainingSeries[], toMs: number): readonly TrainingSeries[] =>
  series.map((one) => cut(one, 0, firstFrom(one.timestamps, toMs)));

/** The rows from a time on; all of them without one. */
export const rowsSince = (series: readonly TrainingSeries[], fromMs: number | undefined): readonly TrainingSeries[] =>
  fromMs === undefined ? series : series.map((one) => cut(one, firstFrom(one.timestamps, fromMs), one.rows.length));

/** What a detector's model would be fitted to. */
export const datasetOf = (detector: Detector, series: readonly TrainingSeries[], maxRows: number): Dataset => ({
  ...{ features: featureNames(detector), shingleSize: shingleSizeOf(detector), maxRows, series },
});

/** Rows to judge a model by, as vectors, drawn in the same way each time. */
export const judgedVectors = (detector: Detector, series: readonly TrainingSeries[]) =>
  collectVectors(datasetOf(detector, series, JUDGED_ROWS_MAX), DRAW_SEED);
const DRAW_SEED = 1;

const isEnough = (detector: Detector, { older, newer }: Split): boolean => {
  const [learnt, judged] = [older, newer].map((series) => datasetOf(detector, series, Number.POSITIVE_INFINITY));
  if (!learnsFromLabels(detector.model)) {
    return Math.min(countVectors(learnt!), countVectors(judged!)) >= LEAST_ROWS;
  }
  return [learnt!, judged!].every((dataset) => !missingLabels(countLabelled(dataset), 0));
};

const timesOfRows = ({ timestamps, rows }: TrainingSeries): number[] =>
  Array.from(timestamps).filter((_, index) => rows[index] !== null);

/** Place of the first row at or after a time; rows of one series are in the order of time, but for a few. */
const firstFrom = (timestamps: ArrayLike<number>, timeMs: number): number => {
  const index = Array.from(timestamps).findIndex((one) => one >= timeMs);
  return index === -1 ? timestamps.length : index;
};

const cut = ({ timestamps, rows, imputed, labels }: TrainingSeries, from: number, to: number): TrainingSeries => ({
  timestamps: Array.from(timestamps).slice(from, to),
  rows: rows.slice(from, to),
  ...(imputed && { imputed: imputed.slice(from, to) }),
  ...(labels && { labels: labels.slice(from, to) }),
});
