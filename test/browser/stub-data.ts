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
  archive: { received: 9120, archived: 9112, quarantined: 8 },
  score: { received: 9118, invalid: 6, unmatched: 12, deliveries: 9100, failed: 0 },
  log: { received: 0, invalid: 0, lines: 0, unmatched: 0, deliveries: 0, failed: 0 },
  detectors: [detector()],
  consumers: [{ name: "score", shardId: "shardId-000000000000", lag: 3 }],
  ...more,
});
