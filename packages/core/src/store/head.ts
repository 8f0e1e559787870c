import { AppError } from "../errors.ts";
import type { FeatureState } from "../feature/state.ts";
import { ALARM_HOURS, type AlarmMemory } from "../score/alarm-memory.ts";
import type { OpenIncident } from "../score/incident.ts";
import type { Levels } from "../score/level.ts";
import {
  type Bytes,
  corrupt,
  getBytes,
  getDoubles,
  getHash,
  getHeader,
  getU8,
  getVarint,
  putBytes,
  putDoubles,
  putHash,
  putHeader,
  putU8,
  putVarint,
  reader,
  reserve,
  writer,
  written,
} from "./binary.ts";
import type { Item } from "./ports.ts";
import { getShards, putShards, type SeenShard, SHARD_BYTES } from "./shard-codec.ts";

/** "TWHD" read as a little-endian number. */
const MAGIC = 0x44485754;
/** 3: what its rows are, alarm budget. 2: shards have the time of their last record, and are packed. */
const VERSION = 3;
const OLDEST_VERSION = 2;
const NO_HASH = "0000000000000000";
/** DynamoDB's limit for an item; the keys and the document around the bytes take the rest. */
const MAX_HEAD_BYTES = 380 * 1024;

export type SeriesCounts = {
  /** Events applied; also the version of the head's item. */
  events: number;
  /** Of these, too old or too far ahead of their arrival to be scored. */
  late: number;
  scored: number;
  warmingUp: number;
  skipped: number;
  imputed: number;
  anomalies: number;
  suppressed: number;
};

/** The one mutable item of a series: everything that scoring its next event needs, and the newest points. */
export type Head = {
  counts: SeriesCounts;
  /** Of the detector when the last row was made: what its rows and its vectors are. */
  rowsHash: string;
  featureHash: string;
  /** Last record applied per shard, the shard used last at the end; `lastMs` is the latest arrival of its records. */
  shards: SeenShard[];
  /** Points written so far, and the time of the last. */
  rows: number;
  lastRowMs: number;
  /** Id of the last closed chunk. */
  link: string;
  state: FeatureState;
  levels: Levels;
  incident: OpenIncident | undefined;
  /** Of a detector with an alarm budget. */
  alarms: AlarmMemory | undefined;
  /** The open chunk (`store/points.ts`), empty when there is none. */
  chunk: Uint8Array;
};

export const noCounts = (): SeriesCounts => ({
  events: 0,
  late: 0,
  scored: 0,
  warmingUp: 0,
  skipped: 0,
  imputed: 0,
  anomalies: 0,
  suppressed: 0,
});

/** Reused between calls, within one call only. */
const scratch = writer(4096);

/** Throws `TOO_LARGE` when the series keeps more than a table item holds. */
export const encodeHead = (head: Head, chunk: Uint8Array, what: string): Uint8Array => {
  const to = scratch;
  to.at = 0;
  reserve(to, sizeBound(head, chunk));
  putHeader(to, MAGIC, VERSION);
  putCounts(to, head.counts);
  putHash(to, head.rowsHash);
  putHash(to, head.featureHash);
  putShards(to, head.shards);
  putVarint(to, head.rows);
  putVarint(to, head.lastRowMs);
  putHash(to, head.link);
  putIncident(to, head.incident);
  putVarint(to, head.levels.rows);
  putVarint(to, head.levels.levels.length);
  putDoubles(to, head.levels.levels);
  putDoubles(to, head.levels.spreads);
  putState(to, head.state);
  putAlarms(to, head.alarms);
  putBytes(to, chunk);
  if (to.at <= MAX_HEAD_BYTES) return written(to);
  const size = `${what} needs ${to.at} bytes of state, a table item holds ${MAX_HEAD_BYTES}`;
  throw new AppError("TOO_LARGE", `${size}: use fewer features, a smaller shingle or less lateness`);
};

/** Throws `CORRUPT`, naming the series, for bytes that are damaged or of a newer release. */
export const decodeHead = (item: Item): Head => {
  const what = `the head of ${item.pk}`;
  if (!item.bytes) throw corrupt(what, "it has no bytes");
  const from = reader(item.bytes, what);
  const version = getHeader(from, MAGIC, VERSION);
  if (version < OLDEST_VERSION) {
    throw corrupt(
      what,
      `format version ${version} is of an earlier release: score its events again into an empty table`,
    );
  }
  const counts = getCounts(from);
  if (counts.events !== item.version) throw corrupt(what, `${counts.events} events under version ${item.version}`);
  const rowsHash = version < 3 ? NO_HASH : getHash(from);
  const featureHash = getHash(from);
  const shards = getShards(from);
  const rows = getVarint(from);
  const lastRowMs = getVarint(from);
  const link = getHash(from);
  const incident = getIncident(from);
  const levels = getLevels(from);
  const state = getState(from);
  const alarms = version < 3 ? undefined : getAlarms(from);
  const chunk = getBytes(from, from.end - from.at);
  return { counts, rowsHash, featureHash, shards, rows, lastRowMs, link, state, levels, incident, alarms, chunk };
};

const sizeBound = ({ shards, state, levels }: Head, chunk: Uint8Array): number => {
  const { window, windowTimes, lastValues, lastTimes, buckets } = state;
  const doubles = window.length + windowTimes.length + lastValues.length + lastTimes.length + 2 * levels.levels.length;
  const bucketDoubles = buckets.reduce((sum, bucket) => sum + bucket.length, 0);
  return 512 + shards.length * SHARD_BYTES + 8 * (doubles + bucketDoubles) + chunk.length;
};

const putCounts = (to: Bytes, counts: SeriesCounts): void => {
  putVarint(to, counts.events);
  putVarint(to, counts.late);
  putVarint(to, counts.scored);
  putVarint(to, counts.warmingUp);
  putVarint(to, counts.skipped);
  putVarint(to, counts.imputed);
  putVarint(to, counts.anomalies);
  putVarint(to, counts.suppressed);
};
const getCounts = (from: Bytes): SeriesCounts => ({
  events: getVarint(from),
  late: getVarint(from),
  scored: getVarint(from),
  warmingUp: getVarint(from),
  skipped: getVarint(from),
  imputed: getVarint(from),
  anomalies: getVarint(from),
  suppressed: getVarint(from),
});

const putIncident = (to: Bytes, incident: OpenIncident | undefined): void => {
  putU8(to, incident ? 1 : 0);
  if (!incident) return;
  putHash(to, incident.id);
  putVarint(to, incident.startMs);
  putVarint(to, incident.normalRows);
};
const getIncident = (from: Bytes): OpenIncident | undefined =>
  getU8(from) === 0 ? undefined : { id: getHash(from), startMs: getVarint(from), normalRows: getVarint(from) };

const putAlarms = (to: Bytes, alarms: AlarmMemory | undefined): void => {
  putU8(to, alarms ? 1 : 0);
  if (!alarms) return;
  putBytes(to, alarms.hours);
  putVarint(to, alarms.newestHour);
  putU8(to, alarms.limit);
};
const getAlarms = (from: Bytes): AlarmMemory | undefined =>
  getU8(from) === 0
    ? undefined
    : { hours: getBytes(from, ALARM_HOURS), newestHour: getVarint(from), limit: getU8(from) };

const getLevels = (from: Bytes): Levels => {
  const rows = getVarint(from);
  const features = getVarint(from);
  return { rows, levels: getDoubles(from, features), spreads: getDoubles(from, features) };
};

const putState = (to: Bytes, state: FeatureState): void => {
  putVarint(to, state.newestMs);
  putVarint(to, state.closedUntilMs);
  putVarint(to, state.filled);
  for (const doubles of [state.window, state.windowTimes, state.lastValues, state.lastTimes]) {
    putVarint(to, doubles.length);
    putDoubles(to, doubles);
  }
  putVarint(to, state.buckets.length);
  putVarint(to, state.buckets[0]?.length ?? 0);
  for (const bucket of state.buckets) putDoubles(to, bucket);
};
const getState = (from: Bytes): FeatureState => {
  const [newestMs, closedUntilMs, filled] = [getVarint(from), getVarint(from), getVarint(from)];
  const doubles = () => getDoubles(from, getVarint(from));
  const [window, windowTimes, lastValues, lastTimes] = [doubles(), doubles(), doubles(), doubles()];
  const [bucketCount, bucketLength] = [getVarint(from), getVarint(from)];
  const buckets: Float64Array[] = [];
  while (buckets.length < bucketCount) buckets.push(getDoubles(from, bucketLength));
  return { newestMs, closedUntilMs, filled, window, windowTimes, lastValues, lastTimes, buckets };
};
