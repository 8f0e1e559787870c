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
/**
 * `firstRow` is the running number of the chunk's first row in its series; `id` hashes it, the start, the record that
 * closed the chunk and the chunk's bytes: the same on every replay, and never the same for other rows.
 */
export const chunkKey = (
  detectorId: string,
  entity: string,
  startMs: number,
  firstRow: number,
  id: string,
): ItemKey => ({
  pk: seriesPk(detectorId, entity),
  sk: `CHUNK#${timeKey(startMs)}#${String(firstRow).padStart(12, "0")}#${id}`,
});

/** What a series had learnt by itself when its chunk with this id was closed. */
export const learntKey = (detectorId: string, entity: string, chunkId: string): ItemKey => ({
  pk: seriesPk(detectorId, entity),
  sk: `LEARNT#${chunkId}`,
});

/** Lists the series of a detector; one small item each, written when a series is first seen. */
export const seriesListKey = (detectorId: string, entity: string): ItemKey => ({
  pk: `SERIES-OF#${detectorId}`,
  sk: entity,
});

/** The items of a detector's anomalies of one day: one range query, with `timeKey` as bounds. */
export const anomalyPk = (detectorId: string, timestampMs: number): string =>
  `ANOMALY#${detectorId}#${dayKey(timestampMs)}`;
/**
 * One item per anomaly. `row` is the running number of its row in the series, because two rows may have one time; `sideId`
 * names the record that completed the row.
 */
export const anomalyKey = (
  detectorId: string,
  timestampMs: number,
  entity: string,
  row: number,
  sideId: string,
): ItemKey => ({
  pk: anomalyPk(detectorId, timestampMs),
  sk: `${timeKey(timestampMs)}#${entity}#${String(row).padStart(12, "0")}#${sideId}`,
});

/** All labels of a detector, in one partition: they are few, and are read together. */
export const labelPk = (detectorId: string): string => `LABEL#${detectorId}`;
/** Encoded, an entity holds no "#": no other one's labels are among those that begin with this. */
export const labelsOfEntity = (entity: string): string => `${encodeURIComponent(entity)}#`;
export const labelKey = (detectorId: string, entity: string, fromMs: number, toMs: number): ItemKey => ({
  pk: labelPk(detectorId),
  sk: `${labelsOfEntity(entity)}${timeKey(fromMs)}#${timeKey(toMs)}`,
});

// --- logs

/** A session of a log detector: its open, or newest, run of lines under HEAD, earlier ones under PAST# and their start. */
export const sessionPk = (detectorId: string, key: string): string => `SESSION#${detectorId}#${key}`;
export const sessionHeadKey = (detectorId: string, key: string): ItemKey => ({
  pk: sessionPk(detectorId, key),
  sk: "HEAD",
});
export const pastSessionKey = (detectorId: string, key: string, startMs: number): ItemKey => ({
  pk: sessionPk(detectorId, key),
  sk: `PAST#${timeKey(startMs)}`,
});
/** Sessions that were found anomalous, by the day (UTC) on which they began. */
export const anomalousSessionsPk = (detectorId: string, startMs: number): string =>
  `ANOMALOUS-SESSIONS#${detectorId}#${dayKey(startMs)}`;
export const anomalousSessionKey = (detectorId: string, startMs: number, key: string): ItemKey => ({
  pk: anomalousSessionsPk(detectorId, startMs),
  sk: `${timeKey(startMs)}#${key}`,
});
/** The days that have any, so that a reader need not ask for each day since lines can be dated. */
export const anomalousDayKey = (detectorId: string, startMs: number): ItemKey => ({
  pk: `ANOMALOUS-SESSION-DAYS#${detectorId}`,
  sk: dayKey(startMs),
});
/** Sessions that ended, packed, some hundred to an item, by the day of the first one's end: what models learn from. */
export const endedSessionsPk = (detectorId: string, endMs: number): string =>
  `ENDED-SESSIONS#${detectorId}#${dayKey(endMs)}`;
export const endedSessionsKey = (detectorId: string, endMs: number, sideId: string): ItemKey => ({
  pk: endedSessionsPk(detectorId, endMs),
  sk: `${timeKey(endMs)}#${sideId}`,
});
/** Keys of sessions that may end at this time; written by one shard's consumer. */
export const dueSessionsPk = (detectorId: string, shardId: string): string => `DUE-SESSIONS#${detectorId}#${shardId}`;
export const dueSessionsKey = (detectorId: string, shardId: string, dueMs: number, sideId: string): ItemKey => ({
  pk: dueSessionsPk(detectorId, shardId),
  sk: `${timeKey(dueMs)}#${sideId}`,
});
/** Every template that lines of a detector were given, under the id that it had then. */
export const templateKey = (detectorId: string, templateId: string): ItemKey => ({
  pk: `TEMPLATE#${detectorId}`,
  sk: templateId,
});
/** Templates that a shard's consumer has met beside those of the model: few, and packed. */
export const shardTemplatesKey = (detectorId: string, shardId: string): ItemKey => ({
  pk: `SHARD-TEMPLATES#${detectorId}`,
  sk: shardId,
});

/** Counters of a stage, one item per shard, so that they are written by one consumer only. */
export const countsKey = (stage: "archive" | "score" | "log", shardId: string): ItemKey => ({
  pk: `COUNTS#${stage}`,
  sk: shardId,
});

export const modelVersionKey = (name: string, version: number): ItemKey => ({
  pk: `MODEL#${name}`,
  sk: `VERSION#${String(version).padStart(8, "0")}`,
});
export const modelAliasKey = (name: string, alias: string): ItemKey => ({ pk: `MODEL#${name}`, sk: `ALIAS#${alias}` });

/** There while nobody need look again whether a log detector's model is out of date. */
export const trainingLookKey = (name: string): ItemKey => ({ pk: `MODEL#${name}`, sk: "TRAINING-LOOK" });

/** The kept answer of a write that came with an idempotency key; a partition each, so that none gets hot. */
export const idempotencyKey = (hash: string): ItemKey => ({ pk: `IDEMPOTENCY#${hash}`, sk: "ANSWER" });

/** All API keys, in one partition so that they can be listed; servers remember what they look up. */
export const apiKeyKey = (id: string): ItemKey => ({ pk: "API-KEY", sk: id });
/** When a key was last used: the item's version, in epoch milliseconds. */
export const apiKeyUseKey = (id: string): ItemKey => ({ pk: "API-KEY-USE", sk: id });
/** Requests that servers have set aside for a key in the window from this time on: the item's version. */
export const apiKeyRateKey = (id: string, windowStartMs: number): ItemKey => ({
  pk: `API-KEY-RATE#${id}`,
  sk: timeKey(windowStartMs),
});

// --- the learning loop

/** Moves of a model's aliases, by time; append-only. */
export const aliasHistoryPk = (name: string): string => `AUDIT#MODEL#${name}`;
export const aliasHistoryKey = (name: string, atMs: number, alias: string, revision: number): ItemKey => ({
  pk: aliasHistoryPk(name),
  sk: `${timeKey(atMs)}#${alias}#${String(revision).padStart(8, "0")}`,
});
/** What people say of a registered model: its description and tags. */
export const modelInfoKey = (name: string): ItemKey => ({ pk: "MODEL-INFO", sk: name });
/** Frozen training sets, by their hash. */
export const datasetKey = (hash: string): ItemKey => ({ pk: "DATASET", sk: hash });

/** The one workflow of a detector that is under way; a new one begins only when it has ended. */
export const workflowLockKey = (detectorId: string): ItemKey => ({ pk: "WORKFLOW-OPEN", sk: detectorId });
/** Workflows of a detector, by the time of their start. */
export const workflowKey = (detectorId: string, runId: string): ItemKey => ({
  pk: `WORKFLOW#${detectorId}`,
  sk: runId,
});
/** Which workflow a trigger was answered with: the same one starts no other. */
export const workflowTriggerKey = (detectorId: string, trigger: string): ItemKey => ({
  pk: `WORKFLOW-TRIGGER#${detectorId}`,
  sk: trigger,
});

/** What a challenger made of the rows of a series in shadow: how far it has come, and what it found. */
export const shadowPk = (detectorId: string, version: number): string =>
  `SHADOW#${detectorId}#${String(version).padStart(8, "0")}`;
export const shadowKey = (detectorId: string, version: number, entity: string): ItemKey => ({
  pk: shadowPk(detectorId, version),
  sk: entity,
});
/** How far a challenger has come in all series. */
export const shadowSummaryKey = (detectorId: string, version: number): ItemKey => ({
  pk: `SHADOW-SUMMARY#${detectorId}`,
  sk: String(version).padStart(8, "0"),
});
/** What a promotion is measured by while it is watched: what was before, and where the counts stood. */
export const watchKey = (detectorId: string, version: number, sinceMs: number): ItemKey => ({
  pk: `WATCH#${detectorId}`,
  sk: `${String(version).padStart(8, "0")}#${timeKey(sinceMs)}`,
});

/** What the hourly drift checks remember of a detector, and what each found. */
export const driftStateKey = (detectorId: string): ItemKey => ({ pk: "DRIFT-STATE", sk: detectorId });
export const driftCheckKey = (detectorId: string, atMs: number): ItemKey => ({
  pk: `DRIFT-CHECK#${detectorId}`,
  sk: timeKey(atMs),
});

/** Reports, by time. */
export const reportKey = (atMs: number, id: string): ItemKey => ({ pk: "REPORT", sk: `${timeKey(atMs)}#${id}` });

/** Work that a request started and that goes on without it: backtests. */
export const jobKey = (id: string): ItemKey => ({ pk: "JOB", sk: id });

// --- runs
/** 2⁵³ added, so that steps below 0 stand before the others. */
const STEP_SHIFT = 2n ** 53n;

export const experimentKey = (id: string): ItemKey => ({ pk: "EXPERIMENT", sk: id });
/** Which experiment has a name. */
export const experimentNameKey = (name: string): ItemKey => ({ pk: "EXPERIMENT-NAME", sk: name });
export const runPk = (runId: string): string => `RUN#${runId}`;
/** A run, and beside it an item for each of its params, tags and inputs, and one for each metric's newest point. */
export const runKey = (runId: string): ItemKey => ({ pk: runPk(runId), sk: "HEAD" });
export const runPartKey = (runId: string, part: RunPart, name: string): ItemKey => ({
  pk: runPk(runId),
  sk: `${part}#${name}`,
});
export type RunPart = "INPUT" | "METRIC" | "OUTPUT" | "PARAM" | "TAG";
/** All points of a metric of a run, in order of time, then step, then value. */
export const metricPointPk = (runId: string, metric: string): string => `RUN-METRIC#${runId}#${metric}`;
export const metricPointKey = (
  runId: string,
  metric: string,
  at: { timestampMs: number; step: number; value: string },
): ItemKey => ({
  pk: metricPointPk(runId, metric),
  sk: `${timeKey(at.timestampMs)}#${String(BigInt(at.step) + STEP_SHIFT).padStart(17, "0")}#${at.value}`,
});
/** By their start. */
export const runListPk = (experimentId: string): string => `RUN-OF#${experimentId}`;
export const runListKey = (experimentId: string, startMs: number, runId: string): ItemKey => ({
  pk: runListPk(experimentId),
  sk: `${timeKey(startMs)}#${runId}`,
});
/** A model as MLflow's clients log it, before it is a version of a registered one. */
export const loggedModelKey = (id: string): ItemKey => ({ pk: `LOGGED-MODEL#${id}`, sk: "HEAD" });
export const loggedModelMetricKey = (id: string, runId: string, metric: string): ItemKey => ({
  pk: loggedModelKey(id).pk,
  sk: `METRIC#${runId}#${metric}`,
});
export const loggedModelListKey = (experimentId: string, createdAtMs: number, id: string): ItemKey => ({
  pk: `LOGGED-MODEL-OF#${experimentId}`,
  sk: `${timeKey(createdAtMs)}#${id}`,
});
/** What people say of one version: description, tags. */
export const modelVersionInfoKey = (name: string, version: number): ItemKey => ({
  pk: `MODEL#${name}`,
  sk: `INFO#${String(version).padStart(8, "0")}`,
});
/** An upload of an artifact in parts that is under way. */
export const uploadKey = (id: string): ItemKey => ({ pk: `UPLOAD#${id}`, sk: "HEAD" });
