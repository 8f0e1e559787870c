import { type Batching, batchingOf } from "./batching.ts";
import { ASSUMED, AWS, DEPLOYMENT } from "./deployment.ts";
import { MEASURED_LOGS } from "./measured-logs.ts";
import { HOURS_PER_MONTH, type LogWorkload, SECONDS_PER_MONTH, type Workload } from "./workload.ts";

/** What log lines come to in a month. */
export type LogFlow = LogWorkload & {
  batching: Batching;
  lines: number;
  eventBytes: number;
  sessions: number;
  /** Batches that have lines of one session: so often its item is read and written, and once more when it ends. */
  batchesPerSession: number;
  sessionsPerBatch: number;
  endedPerBatch: number;
  /** Items of sessions written. */
  heads: number;
  anomalous: number;
  /** Series of templates that a batch has lines of; 0 without rates. */
  ratesPerBatch: number;
  rateHeads: number;
  rateChunks: number;
};

export const logEventSizes = ({ lineBytes }: Pick<LogWorkload, "lineBytes">) => {
  const eventBytes = MEASURED_LOGS.envelopeBytes + lineBytes;
  return { eventBytes, payloadBytes: MEASURED_LOGS.recordBytes + Math.ceil((eventBytes * 4) / 3) };
};

/** Series that a detector has for its templates' rates, unless it says otherwise. */
const MAX_RATED = 200;

/** One log detector takes all lines. @param shards of the stream, all of which have lines */
export const logFlowOf = (logs: LogWorkload, { windowSeconds }: Workload, shards: number): LogFlow => {
  const { linesPerSecond, linesPerSession, sessionSeconds, templates, hasRates } = logs;
  const sizes = logEventSizes(logs);
  const mapping = { ...DEPLOYMENT.mappings.log, windowSeconds };
  const stream = { eventsPerSecond: linesPerSecond, entities: shards, arrivals: "even" as const };
  const batching = batchingOf(stream, mapping, sizes, shards);
  const { batchesPerMonth, eventsPerBatch, secondsPerBatch } = batching;
  const lines = linesPerSecond * SECONDS_PER_MONTH;
  const sessions = linesPerSession === 0 ? 0 : lines / linesPerSession;
  const batchesPerSession = Math.min(linesPerSession, 1 + sessionSeconds / secondsPerBatch);
  const ratesPerBatch = hasRates ? Math.min(templates, MAX_RATED, eventsPerBatch) : 0;
  return {
    ...{ ...logs, batching, lines, eventBytes: sizes.eventBytes, sessions, batchesPerSession },
    sessionsPerBatch: (sessions * batchesPerSession) / batchesPerMonth,
    endedPerBatch: sessions / batchesPerMonth,
    heads: sessions * (batchesPerSession + 1),
    anomalous: sessions * ASSUMED.anomalousPerSession,
    ratesPerBatch,
    rateHeads: ratesPerBatch * batchesPerMonth,
    // Of twelve rows an hour: a chunk closes with its hour.
    rateChunks: hasRates ? Math.min(templates, MAX_RATED) * HOURS_PER_MONTH : 0,
  };
};

/** Items in which so many things stand, each of so many bytes, when a batch writes one at least. */
export const packedUnits = (count: number, bytes: number, { batchesPerMonth }: Batching): number =>
  (count * bytes) / AWS.writeUnitBytes + Math.min(batchesPerMonth, count);
