import type { ItemKey } from "./ports.ts";

/** Every key of the one table, in one place. Times are padded so that byte order is time order. */

/** 15 digits hold epoch milliseconds until the year 33658. */
export const timeKey = (timestampMs: number): string => String(timestampMs).padStart(15, "0");
const dayKey = (timestampMs: number): string => new Date(timestampMs).toISOString().slice(0, 10);

export const detectorKey = (id: string): ItemKey => ({ pk: "DETECTOR", sk: id });

export const seriesPk = (detectorId: string, entity: string): string => `SERIES#${detectorId}#${entity}`;
export const headKey = (detectorId: string, entity: string): ItemKey => ({
  pk: seriesPk(detectorId, entity),
  sk: "HEAD",
});
/** `firstRow` is the running number of the chunk's first row in its series: unique, and the same on every replay. */
export const chunkKey = (detectorId: string, entity: string, startMs: number, firstRow: number): ItemKey => ({
  pk: seriesPk(detectorId, entity),
  sk: `CHUNK#${timeKey(startMs)}#${String(firstRow).padStart(12, "0")}`,
});

/** Lists the series of a detector; one small item each, written when a series is first seen. */
export const seriesListKey = (detectorId: string, entity: string): ItemKey => ({
  pk: `SERIES-OF#${detectorId}`,
  sk: entity,
});

/** One item per anomaly, by day, so that a day of one detector is one range query. */
export const anomalyKey = (detectorId: string, timestampMs: number, entity: string): ItemKey => ({
  pk: `ANOMALY#${detectorId}#${dayKey(timestampMs)}`,
  sk: `${timeKey(timestampMs)}#${entity}`,
});

/** Counters of a stage, one item per shard, so that they are written by one consumer only. */
export const countsKey = (stage: "archive" | "score", shardId: string): ItemKey => ({
  pk: `COUNTS#${stage}`,
  sk: shardId,
});

export const modelVersionKey = (name: string, version: number): ItemKey => ({
  pk: `MODEL#${name}`,
  sk: `VERSION#${String(version).padStart(8, "0")}`,
});
export const modelAliasKey = (name: string, alias: string): ItemKey => ({ pk: `MODEL#${name}`, sk: `ALIAS#${alias}` });
