/** Answers of the API for states that a healthy pipeline does not show on demand. All values follow from the row number. */

export const FEATURES = ["cpuPercent", "memoryUsedPercent", "diskWriteBytesPerSecond", "load1", "tasks"];
export const ODD_ENTITY = "rack 7/ü?#%&";
const STEP_MS = 2000;
const THRESHOLD = 2.6;
/** Mean, swing and period in rows of each feature. */
const SHAPES = [
  [24, 6, 97],
  [41, 1.5, 400],
  [180_000, 70_000, 23],
  [0.9, 0.3, 150],
  [212, 5, 61],
] as const;

const wobble = (row: number, feature: number) => Math.sin(row * 12.9898 + feature * 78.233) * 0.6;
const expected = (row: number, feature: number) => {
  const [mean, swing, period] = SHAPES[feature]!;
  return mean + swing * Math.sin((2 * Math.PI * row) / period);
};

/** Row numbers count steps since the epoch, so that every request sees the same row at the same time. */
export const point = (timestamp: number, isFault: boolean) => {
  const row = Math.floor(timestamp / STEP_MS);
  const center = SHAPES.map((_, feature) => expected(row, feature));
  const spread = SHAPES.map(([, swing]) => swing * 1.2);
  const values = center.map((value, feature) => {
    const jump = isFault && feature !== 1 ? 6 * spread[feature]! : 0;
    return Math.max(0, value + wobble(row, feature) * spread[feature]! + jump);
  });
  const score = isFault ? 4.1 + wobble(row, 9) : 0.7 + wobble(row, 9);
  return {
    timestamp,
    values,
    score,
    threshold: THRESHOLD,
    grade: isFault ? 0.55 : 0,
    expected: center,
    lower: center.map((value, feature) => value - spread[feature]!),
    upper: center.map((value, feature) => value + spread[feature]!),
    state: "scored",
  };
};

export const points = (toMs: number, rows: number, isFault: (timestamp: number) => boolean) => {
  const last = Math.floor(toMs / STEP_MS) * STEP_MS;
  return Array.from({ length: rows }, (_, i) => last - (rows - 1 - i) * STEP_MS).map((timestamp) =>
    point(timestamp, isFault(timestamp)),
  );
};

const byName = (values: readonly number[]) => Object.fromEntries(FEATURES.map((name, i) => [name, values[i]!]));

export const anomaly = (timestamp: number, entity: string, suppressedBy: string | null = null) => {
  const { values, score, grade, expected: center, lower, upper } = point(timestamp, true);
  return {
    detector: "host",
    entity,
    timestamp,
    score,
    threshold: THRESHOLD,
    grade: suppressedBy ? 0 : grade,
    values: byName(values),
    expected: byName(center),
    lower: byName(lower),
    upper: byName(upper),
    attribution: byName([0.62, 0, 0.21, 0.12, 0.05]),
    modelVersion: 3,
    configHash: "9f2c4e1ab07d",
    incidentId: `inc-${timestamp}`,
    suppressedBy,
  };
};

export const detector = (more: object = {}) => ({
  id: "host",
  description: "CPU, memory, disk and load of a machine",
  enabled: true,
  series: 2,
  events: 9100,
  late: 4,
  rows: { scored: 8400, warmingUp: 600, skipped: 96, imputed: 0 },
  anomalies: 44,
  suppressed: 3,
  family: "isolation-forest",
  learns: "by training",
  model: { family: "isolation-forest", version: 3, trainedAtMs: Date.UTC(2026, 10, 20, 9), trainingRows: 600 },
  warmUp: null,
  ...more,
});

export const status = (more: object = {}) => ({
  version: "0.1.0",
  nowMs: Date.now(),
  scopes: ["read", "operate"],
  archive: { received: 9120, archived: 9112, quarantined: 8 },
  score: { received: 9118, invalid: 6, unmatched: 12, deliveries: 9100, failed: 0 },
  log: { received: 0, invalid: 0, lines: 0, unmatched: 0, deliveries: 0, failed: 0 },
  detectors: [detector()],
  logDetectors: [],
  consumers: [{ name: "score", shardId: "shardId-000000000000", lag: 3 }],
  ...more,
});

const BLOCK_START_MS = Date.UTC(2026, 10, 20, 9);
const RESPONDER = {
  templateId: "9f2c4e1ab07d5e6f",
  template: "PacketResponder <*> for block <*> terminating",
  count: 3,
};
const EXCEPTION = { templateId: "0f3a1c2b4d5e6f70", template: "writeBlock <*> received exception <*>", count: 1 };
export const ODD_KEY = "blk/ü?#%&_7";

/** The `index`-th newest of the anomalous sessions. */
export const anomalousSession = (index: number) => ({
  ...{ detector: "hdfs", key: index === 1 ? ODD_KEY : `blk_-${6952 + index}`, lines: 14 + index },
  ...{ startMs: BLOCK_START_MS - index * 60_000, endMs: BLOCK_START_MS - index * 60_000 + 41_000 },
  ...{ state: index === 0 ? "open" : "idle", score: 0.97, isAnomalous: true, isFinal: true },
  ...{ decidedBy: "signatures", modelVersion: 2, missing: [RESPONDER], extra: index % 3 === 2 ? [] : [EXCEPTION] },
});

const exceptionLine = {
  object:
    "events/dt=2026-11-20/hour=09/shardId-000000000001-49660000000000000000000000000000000000000000000000004961.ndjson.gz",
  ...{ line: 812, timestamp: BLOCK_START_MS, reason: null },
  text: "081109 204005 35 INFO dfs.DataNode$DataXceiver: writeBlock blk_-6952 received exception java.io.IOException: \u202eno route",
};

export const explainedSession = (index: number) => {
  const { missing, extra, score, isAnomalous, isFinal, decidedBy, modelVersion, ...session } = anomalousSession(index);
  return {
    ...session,
    verdict: {
      ...{ score, isAnomalous, isFinal, decidedBy, modelVersion, probability: null },
      nearest: { sessions: 5210, share: 0.521, distance: 4 },
      missing: missing.map((item) => ({ ...item, firstLine: null })),
      extra: extra.map((item) => ({ ...item, firstLine: exceptionLine })),
      firstOffending: extra.length > 0 ? exceptionLine : null,
    },
    longestSilenceSeconds: 41.5,
    templates: extra.map(({ templateId: id, template: text, count }) => ({ id, text, count })),
    label: index === 1 ? { label: "anomalous", note: null, createdAtMs: BLOCK_START_MS } : null,
    earlier: [],
  };
};

export const logTemplate = (status: string) => ({
  ...{ detector: "hdfs", id: status === "new" ? "1111111111111111" : "2222222222222222", status, earlierIds: [] },
  ...{ text: status === "new" ? "disk <*> is read-only" : "Verification succeeded for <*>", level: "WARN" },
  ...{ firstMs: BLOCK_START_MS, rate: { lines: 1204, lastMs: BLOCK_START_MS - 3_600_000, linesPerInterval: 3.1 } },
});

const rateId = (index: number) => `${index}f2c4e1ab07d5e6f`;
/** Hidden characters and angle brackets, as a log may have them. */
export const rateText = (index: number) =>
  `Template ${index}: \u202eserved <*> to <*> in <*> ms, and then a long tail of words that no cell of a table has room for`;

export const ratedTemplate = (index: number) => ({
  ...{ ...logTemplate("known"), id: `${index}aaaaaaaaaaaaaaa`, earlierIds: [rateId(index)], status: "known" },
  text: rateText(index),
});

/** The later ones have the more events, the first one has anomalies. */
export const rateSeries = (index: number) => ({
  ...{ detector: "hdfs.rates", entity: rateId(index), lastTimestamp: BLOCK_START_MS, warmUp: null, incident: null },
  ...{ events: 100 * index, anomalies: index === 0 ? 2 : 0 },
});

export const rateAnomaly = (timestamp: number) => {
  const one = { lines: 120 };
  return {
    ...anomaly(timestamp, rateId(0)),
    ...{ detector: "hdfs.rates", values: one, expected: { lines: 4 }, lower: { lines: 0 }, upper: { lines: 9 } },
    attribution: { lines: 1 },
  };
};

export const logDetector = (hasModel: boolean) => ({
  ...{ id: "hdfs", description: "Blocks of the file system", enabled: true },
  rates: detector({ id: "hdfs.rates", family: "stream", learns: "row by row", model: null }),
  model: hasModel ? { version: 2, trainedAtMs: BLOCK_START_MS, trainingSessions: 5210 } : null,
  warmUp: hasModel ? null : { cause: "no model yet: 140 of 1000 sessions have ended", sessionsNeeded: 860 },
  anomalousSessions: { lastDay: hasModel ? 2 : 0, hasMore: false },
});
