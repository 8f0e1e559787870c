import { shortHash } from "../feature/hash.ts";
import type { Plan } from "../feature/plan.ts";
import { RowState, type Rows } from "../feature/rows.ts";
import type { Anomaly } from "../store/anomaly.ts";
import { type Bytes, putBytes, reserve, writer, written } from "../store/binary.ts";
import type { Head } from "../store/head.ts";
import { anomalyKey, chunkKey } from "../store/keys.ts";
import { appendPoint, type ChunkHeader, type PointRow, readChunkHeader, startChunk } from "../store/points.ts";
import type { Put, StreamRecord } from "../store/ports.ts";
import { budgetThreshold, freshAlarmMemory, rememberScore } from "./alarm-memory.ts";
import { incidentId, stepIncident } from "./incident.ts";
import { learntPut } from "./learnt.ts";
import { learn } from "./level.ts";
import { type SuppressedBy, suppression } from "./rules.ts";
import { gradeOf } from "./threshold.ts";
import { type Judged, modelJudge, onlineJudge, type Verdict } from "./verdict.ts";

/**
 * A chunk that has passed this size is closed at the next row. With up to three features its head stays within 1 KB then, a
 * write unit of DynamoDB; a feature alone, a row a minute, makes two chunks an hour (docs/cost.md).
 */
const CHUNK_BYTES = 752;
/**
 * With what is learnt, 1.4 KB for each feature, a chunk is closed no sooner: larger heads with every batch, and what was
 * learnt with every chunk, cost the least together (docs/cost.md).
 */
const LEARNT_ROWS_MIN = 15;
const HOUR_MS = 3_600_000;

export type JudgeContext = {
  plan: Plan;
  modelVersion: number;
  /** The model's reference, which stands in while nothing is learnt about the series. */
  centers: readonly number[];
  rows: Rows;
  judged: Judged;
};
/** Sees each row when it is judged; both are valid during the call only. */
export type RowObserver = (row: number, point: PointRow, verdict: Verdict) => void;

/** Names the record that caused a side item (chunk, anomaly), so that racing consumers never write the same key. */
export const sideId = (shardId: string, sequenceNumber: string): string => shortHash(`${shardId}:${sequenceNumber}`);

/** Reused between calls, within one call only. */
const chunkBytes = writer(4096);

/**
 * Rules, levels, incident and points for the rows `from`…`to` of one series, in order. Changes the head, except that the
 * open chunk is returned, valid until the next call; appends chunks and anomalies to write to `sides`.
 * @param causeOf the record that completed a row
 */
export const judgeRows = (
  context: JudgeContext,
  { entity, head, learnt }: JudgedSeries,
  from: number,
  to: number,
  causeOf: (row: number) => StreamRecord,
  sides: Put[],
  observe?: RowObserver,
): Uint8Array => {
  const { plan, rows, judged } = context;
  const judge = plan.online ? onlineJudge(plan.online, learnt, rows, head) : modelJudge(rows, judged, head);
  if (plan.alarmsPerDay > 0) head.alarms ??= freshAlarmMemory();
  else head.alarms = undefined;
  const series: SeriesJudge = { context, entity, head, learnt, causeOf, sides, chunk: openChunk(head) };
  for (let row = from; row < to; row++) {
    const threshold = head.alarms ? budgetThreshold(head.alarms, plan.threshold) : plan.threshold;
    const timestampMs = rows.timestamps[row]!;
    // Before the row is judged: what the series has learnt until then belongs to the chunk that ends.
    closeFullChunk(series, row, timestampMs, threshold);
    const point: PointRow = {
      timestampMs,
      state: rows.states[row] as RowState,
      isAnomaly: false,
      isSuppressed: false,
      score: 0,
    };
    const verdict = judge.judge(row, point, threshold);
    verdict.threshold = threshold;
    const isOver = point.state === RowState.scored && judgeScore(series, row, point, verdict);
    appendRow(series, row, point, verdict);
    if (head.alarms && point.state === RowState.scored) {
      rememberScore(head.alarms, point.timestampMs, point.score, plan.alarmsPerDay);
    }
    observe?.(row, point, verdict);
    const isNormal = !isOver && (point.state === RowState.scored || point.state === RowState.warmingUp);
    // A lasting fault must not become normal: levels learn nothing while an incident is open, nor from suppressed rows.
    if (isNormal && !head.incident) learn(head.levels, rows.values, row * plan.names.length);
  }
  return chunkBytes.bytes.subarray(0, chunkBytes.at);
};

/** `learnt`: of an online family, what the series has learnt so far; it goes on in place. */
export type JudgedSeries = { entity: string; head: Head; learnt: unknown };

type SeriesJudge = JudgedSeries & {
  context: JudgeContext;
  causeOf: (row: number) => StreamRecord;
  sides: Put[];
  chunk: ChunkHeader | undefined;
};

const openChunk = (head: Head): ChunkHeader | undefined => {
  chunkBytes.at = 0;
  reserve(chunkBytes, head.chunk.length);
  putBytes(chunkBytes, head.chunk);
  return head.chunk.length > 0 ? readChunkHeader(head.chunk, "an open chunk") : undefined;
};

/** Threshold, rules and incident of a scored row; true when its score reaches the threshold. */
const judgeScore = (series: SeriesJudge, row: number, point: PointRow, verdict: Verdict): boolean => {
  const { context, entity, head } = series;
  const { plan } = context;
  const isOver = point.score >= verdict.threshold;
  const suppressedBy = isOver && plan.hasRules ? rulesOf(context, row, verdict) : undefined;
  point.isAnomaly = isOver && !suppressedBy;
  point.isSuppressed = suppressedBy !== undefined;
  const step = point.isAnomaly ? "anomaly" : verdict.isContinuing ? "continues" : "normal";
  head.incident = stepIncident(head.incident, step, plan.detector.closeAfterRows, () => ({
    id: incidentId(plan.id, entity, point.timestampMs),
    startMs: point.timestampMs,
    normalRows: 0,
  }));
  if (!isOver) return false;
  head.counts[suppressedBy ? "suppressed" : "anomalies"]++;
  const doc = JSON.stringify(describeAnomaly(series, row, point, verdict, suppressedBy));
  const key = anomalyKey(plan.id, point.timestampMs, entity, head.rows, causeId(series, row));
  series.sides.push({ item: { ...key, version: 1, doc }, condition: { kind: "any" } });
  return true;
};

const rulesOf = ({ plan, rows, centers }: JudgeContext, row: number, verdict: Verdict) => {
  const expected = verdict.isExpected ? verdict.expected : centers;
  const { shares, sharesAt } = verdict;
  return suppression(plan.detector.features, rows.values, row * rows.features, expected, shares, sharesAt);
};

const describeAnomaly = (
  { context, entity, head }: SeriesJudge,
  row: number,
  point: PointRow,
  { isExpected, expected, lower, upper, shares, sharesAt, threshold }: Verdict,
  suppressedBy: SuppressedBy | undefined,
): Anomaly => {
  const { plan, rows, modelVersion } = context;
  const perFeature = <T>(value: (feature: number) => T) =>
    Object.fromEntries(plan.names.map((name, feature) => [name, value(feature)]));
  const known = (values: Float64Array) => perFeature((feature) => (isExpected ? values[feature]! : null));
  return {
    detector: plan.id,
    entity,
    timestamp: point.timestampMs,
    row: head.rows,
    score: point.score,
    threshold,
    grade: suppressedBy ? 0 : gradeOf(point.score, threshold),
    values: perFeature((feature) => rows.values[row * rows.features + feature]!),
    expected: known(expected),
    lower: known(lower),
    upper: known(upper),
    attribution: perFeature((feature) => shares[sharesAt + feature]!),
    modelVersion,
    configHash: plan.configHash,
    incidentId: suppressedBy ? null : (head.incident?.id ?? null),
    suppressedBy: suppressedBy ?? null,
  };
};

const causeId = ({ causeOf }: SeriesJudge, row: number): string => {
  const { shardId, sequenceNumber } = causeOf(row);
  return sideId(shardId, sequenceNumber);
};

/** Closes the open chunk when the row does not go into it. What an online family has learnt so far is kept beside it. */
const closeFullChunk = (series: SeriesJudge, row: number, timestampMs: number, threshold: number): void => {
  const { context, entity, head, learnt, sides, chunk } = series;
  const { plan } = context;
  if (!chunk || !mustClose(chunk, context, head, timestampMs, threshold)) return;
  closeChunk(sides, plan.id, entity, head, chunkBytes, chunk, causeId(series, row));
  series.chunk = undefined;
  if (plan.online) sides.push(learntPut(plan, entity, head.link, learnt, series.causeOf(row).arrivalMs));
};

const appendRow = (series: SeriesJudge, row: number, point: PointRow, verdict: Verdict): void => {
  const { context, head } = series;
  const { plan, rows } = context;
  if (!series.chunk) {
    series.chunk = {
      features: rows.features,
      baseMs: point.timestampMs,
      firstRow: head.rows,
      link: head.link,
      rowsHash: plan.rowsHash,
      modelVersion: context.modelVersion,
      configHash: plan.configHash,
      threshold: verdict.threshold,
    };
    startChunk(chunkBytes, series.chunk);
    head.lastRowMs = point.timestampMs;
  }
  appendPoint(chunkBytes, head.lastRowMs, point, rows.values, row * rows.features, verdict, rows.features);
  head.lastRowMs = point.timestampMs;
  head.rows++;
};

/** By rows and configuration only, never by batch: a replay closes the same chunks. */
const mustClose = (
  chunk: ChunkHeader,
  { plan, modelVersion, rows }: JudgeContext,
  head: Head,
  timestampMs: number,
  threshold: number,
): boolean =>
  (chunkBytes.at >= CHUNK_BYTES && (!plan.online || head.rows - chunk.firstRow >= LEARNT_ROWS_MIN)) ||
  Math.floor(timestampMs / HOUR_MS) !== Math.floor(chunk.baseMs / HOUR_MS) ||
  chunk.modelVersion !== modelVersion ||
  chunk.configHash !== plan.configHash ||
  chunk.threshold !== threshold ||
  chunk.features !== rows.features;

/**
 * Moves the open chunk to an item of its own and empties `bytes`. The chunk's id hashes all that its key and its bytes
 * hold, the id of the chunk before it among them: chunks of two attempts either are the same, or have ids that the chain
 * tells apart, however late one of them is written.
 * @param cause the `sideId` of the record that closes the chunk
 */
export const closeChunk = (
  sides: Put[],
  detectorId: string,
  entity: string,
  head: Head,
  bytes: Bytes,
  header: ChunkHeader,
  cause: string,
): void => {
  const { baseMs, firstRow } = header;
  const chunk = written(bytes);
  const id = shortHash(`${cause}:${baseMs}:${firstRow}`, chunk);
  const key = chunkKey(detectorId, entity, baseMs, firstRow, id);
  sides.push({ item: { ...key, version: 1, bytes: chunk }, condition: { kind: "any" } });
  head.link = id;
  bytes.at = 0;
};
