import type { Detector } from "../detector.ts";
import { shortHash } from "../feature/hash.ts";
import { RowState } from "../feature/rows.ts";
import type { Scaling } from "../model/scaling.ts";
import { decodeHead } from "../store/head.ts";
import { headKey, seriesListKey } from "../store/keys.ts";
import { oldestRowMs } from "../store/oldest-row.ts";
import type { Point } from "../store/points.ts";
import type { Table } from "../store/ports.ts";
import { readPoints } from "../store/read-series.ts";
import { usablePoints } from "../train/usable.ts";
import { HOUR_MS, type HourBlock, hourBlocks } from "./hour.ts";

/** Series that a check looks at. Of more, these are drawn by the hashes of their names: the same ones each time. */
const MOST_SERIES = 200;
/** Names that are compared for new ones. */
const MOST_NAMES = 10_000;
const PAGE = 1000;

/** Names of a detector's series in byte order, at most 10,000. */
export const seriesNames = async (table: Table, detectorId: string): Promise<string[]> => {
  const names: string[] = [];
  const { pk } = seriesListKey(detectorId, "");
  for (let from = ""; names.length < MOST_NAMES; from = `${names.at(-1)}\u0000`) {
    const page = await table.query({ pk, from, limit: Math.min(PAGE, MOST_NAMES - names.length) });
    names.push(...page.map(({ sk }) => sk));
    if (page.length < PAGE) break;
  }
  return names;
};

/** The series that stand for all: each at most 200, in byte order. */
export const drawnSeries = (names: readonly string[]): string[] =>
  names
    .map((entity) => ({ entity, hash: shortHash(entity) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    .slice(0, MOST_SERIES)
    .map(({ entity }) => entity)
    .sort((a, b) => (a < b ? -1 : 1));

/** How far the event time of a detector's series has come, and where their rows begin; `undefined` for no rows. */
export const extentOf = async (
  table: Table,
  detectorId: string,
  entities: readonly string[],
): Promise<{ oldestMs: number; newestMs: number } | undefined> => {
  const items = await table.getMany(entities.map((entity) => headKey(detectorId, entity)));
  const heads = items.flatMap((item, at) => (item ? [{ entity: entities[at]!, head: decodeHead(item) }] : []));
  const withRows = heads.filter(({ head }) => head.rows > 0);
  if (withRows.length === 0) return undefined;
  const oldest = await Promise.all(withRows.map(({ entity, head }) => oldestRowMs(table, detectorId, entity, head)));
  const newestMs = withRows.reduce((most, { head }) => Math.max(most, head.state.newestMs), 0);
  return { oldestMs: Math.min(...oldest), newestMs };
};

export type Hours = { fromMs: number; hours: number };

/** Points of a series that its detector would make now, from one row of the hour before on. */
export const pointsOf = async (
  table: Table,
  detector: Detector,
  entity: string,
  { fromMs, hours }: Hours,
): Promise<Point[]> => {
  const toMs = fromMs + hours * HOUR_MS;
  const points = await readPoints(table, detector.id, entity, { fromMs: fromMs - HOUR_MS, toMs });
  return points.filter(usablePoints(detector));
};

/** A value that came; what was put in the place of a missing one is missing here. */
export const featureValue = (feature: number) => (point: Point) =>
  point.state === RowState.imputed ? Number.NaN : point.values[feature]!;

/** Scores are −log₁₀ of a probability that is even on normal rows, so their place and spread are known (`SCORE_SCALING`). */
const scoreValue = (modelVersion: number) => (point: Point) =>
  point.state === RowState.scored && point.modelVersion === modelVersion ? point.score : Number.NaN;

/** Median and 1.4826 · MAD of −log₁₀ p with p even on 0 to 1: log₁₀ 2, and 1.4826 · 0.4812 / ln 10. */
const SCORE_SCALING: Scaling = { center: 0.30103, scale: 0.30983 };

/** Blocks of each feature, then of the scores. A feature without a scaling has blocks that only count. */
export const seriesBlocks = (
  points: readonly Point[],
  scaling: readonly (Scaling | null)[],
  modelVersion: number,
  span: Hours,
): HourBlock[][] => {
  const timestamps = points.map(({ timestampMs }) => timestampMs);
  const blocks = (value: (point: Point) => number, scale: Scaling) =>
    hourBlocks(timestamps, (row) => value(points[row]!), scale, span);
  return [
    ...scaling.map((scale, feature) => blocks(featureValue(feature), scale ?? { center: 0, scale: 1 })),
    blocks(scoreValue(modelVersion), SCORE_SCALING),
  ];
};
