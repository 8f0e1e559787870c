import type { LogReport } from "@tidewatch/core/log/stage/run";
import type { ScoreReport } from "@tidewatch/core/score/run";
import { logProperties } from "@tidewatch/functions/lambda/log-metrics";
import { scoreProperties } from "@tidewatch/functions/lambda/score-metrics";
import { telemetryOf } from "@tidewatch/functions/lambda/telemetry";
import { METRICS, type MetricValues, type Service } from "@tidewatch/functions/metrics";

const SEQUENCE_NUMBER = String(10n ** 55n);
/** As `placeOf` tells it of a batch. */
const PLACE = {
  shardId: "shardId-000000000000",
  firstSequenceNumber: SEQUENCE_NUMBER,
  lastSequenceNumber: SEQUENCE_NUMBER,
  oldestRecordAgeMs: 10_000,
};
const LARGE_COUNT = 2500;
const ROWS = { scored: LARGE_COUNT, warmingUp: 0, skipped: 0, imputed: 0 };
const REPORT: ScoreReport = {
  ...{ received: LARGE_COUNT, ignored: 0, invalid: 0, unmatched: 0, deliveries: LARGE_COUNT, repeated: 0 },
  series: { ...ROWS, events: LARGE_COUNT, late: 0, anomalies: 0, suppressed: 0 },
  ...{ seriesWritten: LARGE_COUNT, conflicts: 0, failed: [], unusableModels: [] },
};
const LOG_REPORT: LogReport = {
  ...{ received: LARGE_COUNT, repeated: 0, ignored: 0, invalid: 0, lines: LARGE_COUNT, unmatched: 0 },
  ...{ deliveries: LARGE_COUNT, newTemplates: 0, sessionsWritten: LARGE_COUNT, sessionsEnded: LARGE_COUNT },
  ...{ anomalousSessions: 0, conflicts: 0, failed: [], unusableModels: [] },
};
const RUN = "001795000000000-01234567";
const PROPERTIES = {
  score: { ...PLACE, ...scoreProperties(REPORT) },
  log: { ...PLACE, ...logProperties(LOG_REPORT) },
  ...{ archive: PLACE, train: {}, "log-sweep": {}, api: {} },
  // Each of one detector, as far as the line tells of detectors.
  drift: { waiting: 1, drifted: ["hosts-of-the-shop"] },
  shadow: { detectors: [{ detector: "hosts-of-the-shop", version: 12, rows: LARGE_COUNT, series: LARGE_COUNT }] },
  "retrain-start": { started: [{ detector: "hosts-of-the-shop", run: RUN, trigger: "drift" }] },
  retrain: { detector: "hosts-of-the-shop", run: RUN, state: "waiting", step: "shadow", attempts: 0 },
  trees: {},
  compact: { hours: 1, days: 1, sealed: 1, bytes: 1e9, lost: 0, objects: LARGE_COUNT, stale: LARGE_COUNT },
  report: { made: ["weekly-hosts-of-the-shop-20261116"], sent: [] },
  job: { job: "0123456789abcdef", state: "done", attempts: 1, series: LARGE_COUNT, ofSeries: LARGE_COUNT, rows: 1e6 },
};

/** Bytes of the log line that a function writes for an invocation. */
export const logBytes = (service: Service): number => {
  const { count } = telemetryOf(service);
  const names = Object.keys(METRICS[service]);
  const values = Object.fromEntries(names.map((name) => [name, LARGE_COUNT])) as MetricValues<Service>;
  return printed(() => (count as (...args: unknown[]) => void)("an invocation", values, PROPERTIES[service]));
};

const printed = (run: () => void): number => {
  const { write } = process.stdout;
  let bytes = 0;
  process.stdout.write = ((text: string) => {
    bytes += Buffer.byteLength(text);
    return true;
  }) as typeof write;
  try {
    run();
  } finally {
    process.stdout.write = write;
  }
  return bytes;
};
