import { type Detector, featureNames } from "../detector.ts";
import { rowsHash } from "../feature/hash.ts";
import { fitScaling } from "../model/scaling.ts";
import type { Point } from "../store/points.ts";
import type { Table } from "../store/ports.ts";
import { HOUR_MS, HOURS_A_DAY, type HourBlock } from "./hour.ts";
import { pooler } from "./pool.ts";
import { referenceOf } from "./reference.ts";
import type { ReferenceDoc, ReferenceTrack } from "./reference-document.ts";
import { drawnSeries, featureValue, pointsOf, seriesBlocks } from "./series.ts";
import { RULES } from "./statistics.ts";

export const DAY_MS = HOURS_A_DAY * HOUR_MS;
/** Rows that one reference is made from, series after series: what a function reads within its time. */
const MOST_ROWS = 2_000_000;
/** Scores are few while a model warms up: with fewer hours than this share they say nothing. */
const LEAST_SCORED = 0.5;

export type Span = { fromMs: number; toMs: number };

/**
 * Reads the rows of a span of whole days and says what they did. Series that had no row in it are known by name, and are not
 * watched. `undefined` when there was no row at all.
 */
export const buildReference = async (
  table: Table,
  detector: Detector,
  names: readonly string[],
  modelVersion: number,
  { fromMs, toMs }: Span,
  mostRows = MOST_ROWS,
): Promise<ReferenceDoc | undefined> => {
  const features = featureNames(detector);
  const hours = Math.round((toMs - fromMs) / HOUR_MS);
  const pool = pooler(features.length + 1, hours);
  const series: ReferenceDoc["series"] = [];
  let rows = 0;
  for (const entity of drawnSeries(names)) {
    if (rows >= mostRows) break;
    const points = await pointsOf(table, detector, entity, { fromMs, hours });
    const own = points.filter(({ timestampMs }) => timestampMs >= fromMs);
    if (own.length === 0) continue;
    rows += own.length;
    const scaling = features.map((_, feature) => scalingOf(own, feature));
    series.push({ entity, scaling });
    pool.add(seriesBlocks(points, scaling, modelVersion, { fromMs, hours }));
  }
  if (series.length === 0) return undefined;
  const columns = pool.pooled();
  const firstSlot = slotOf(fromMs);
  const track = (statistic: "level" | "noise" | "volume" | "missing", blocks: readonly HourBlock[]) =>
    referenceOf(blocks.map(RULES[statistic].of), RULES[statistic], firstSlot);
  const tracks = features.flatMap((feature, column): ReferenceTrack[] => {
    if (series.every(({ scaling }) => scaling[column] === null)) return [];
    return (["level", "noise", "missing"] as const).map((statistic) => ({
      ...{ feature, statistic, reference: track(statistic, columns[column]!) },
    }));
  });
  tracks.push({ statistic: "volume", reference: track("volume", columns[0]!) });
  const scores = scoreReference(columns.at(-1)!, firstSlot);
  if (scores) tracks.push({ statistic: "score", reference: scores });
  return {
    ...{ format: 1, detector: detector.id, modelVersion, rowsHash: rowsHash(detector), fromMs, toMs, features },
    ...{ series, entities: [...names], tracks },
  };
};

/** Of whole days of scores; `undefined` when there are too few. */
export const scoreReference = (blocks: readonly HourBlock[], firstSlot: number) => {
  const scored = blocks.filter(({ values }) => values > 0).length;
  if (blocks.length < HOURS_A_DAY || scored < LEAST_SCORED * blocks.length) return undefined;
  return referenceOf(blocks.map(RULES.level.of), RULES.level, firstSlot);
};

/** Hour of the day (UTC). */
export const slotOf = (ms: number): number => Math.floor(ms / HOUR_MS) % HOURS_A_DAY;

const scalingOf = (points: readonly Point[], feature: number) => {
  const known = points.map(featureValue(feature)).filter(Number.isFinite);
  return known.length === 0 ? null : fitScaling(Float64Array.from(known));
};
