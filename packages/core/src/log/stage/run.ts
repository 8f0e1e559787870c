import { AppError } from "../../errors.ts";
import { type Inflate, isPacked } from "../../ingest/decode-record.ts";
import { compareSequence } from "../../ingest/sequence.ts";
import type { FailedRecord } from "../../score/series.ts";
import { countSteps } from "../../store/counts.ts";
import { countsKey } from "../../store/keys.ts";
import type { Put, StreamRecord, Table } from "../../store/ports.ts";
import type { LogDetector } from "../detector.ts";
import { type LogModel, modelFor } from "../model.ts";
import { type DetectorMemory, emptyMemory, takeDetectorLines, writeStores } from "./detector-lines.ts";
import { endDueSessions } from "./due.ts";
import { emptyListing } from "./listing.ts";
import { logPlanOf } from "./plan.ts";
import { type RecordCounts, routeLogs } from "./route.ts";

export type LogPorts = {
  table: Table;
  inflate: Inflate;
  /** Enabled log detectors, asked once per batch. */
  detectors: () => Promise<readonly LogDetector[]>;
  /** The detector's live model, `undefined` when there is none; also asked once per batch and detector. */
  modelOf: (detectorId: string) => Promise<LogModel | undefined>;
};

/** Of records not counted before: `lines = unmatched +` matched; `deliveries` are pairs of a line and a detector. */
export type LogReport = {
  /** Records, with the repeated ones. */
  received: number;
  /** Records that an earlier batch has counted: it came again. */
  repeated: number;
  /** Records that are no log events. */
  ignored: number;
  invalid: number;
  lines: number;
  unmatched: number;
  deliveries: number;
  newTemplates: number;
  sessionsWritten: number;
  sessionsEnded: number;
  anomalousSessions: number;
  /** Sessions and series that another consumer wrote first, so that they were done again. */
  conflicts: number;
  /** Lines that cannot be applied, in the order of the stream: whoever acknowledges the batch keeps them first. */
  failed: FailedRecord[];
  /** Detectors whose model cannot be read: their sessions get no verdict until there is another one. */
  unusableModels: { detector: string; reason: string }[];
};

/** What a consumer knows from earlier batches, as long as its ports are the same object. */
const memories = new WeakMap<LogPorts, Map<string, DetectorMemory>>();

/**
 * Takes the log events of one batch into templates, sessions and rates, each line exactly once in effect: what follows from
 * a session's state is put first, then its head, conditionally, with the sequence numbers that it has seen.
 *
 * @throws what no line is to blame for: whatever a table or the models' store answer, which a repeat of the batch gets over
 * when the cause is gone. What a batch of one record throws else is the record's fault, and it fails.
 */
export const logBatch = async (ports: LogPorts, records: readonly StreamRecord[]): Promise<LogReport> => {
  const report = emptyReport();
  for (const slice of slicesOf(records)) merge(report, await takeSlice(ports, slice));
  return report;
};

/** Records of CloudWatch Logs that are inflated at a time: each may hold 8 MB of lines, some 40 MB as events. */
const PACKED_PER_SLICE = 8;

/** Parts of a batch that fit into memory. Where a batch is cut makes no difference to what comes of it. */
const slicesOf = (records: readonly StreamRecord[]): (readonly StreamRecord[])[] => {
  const slices: StreamRecord[][] = [[]];
  let packed = 0;
  for (const record of records) {
    if (isPacked(record.data) && packed++ === PACKED_PER_SLICE) {
      slices.push([]);
      packed = 1;
    }
    slices.at(-1)!.push(record);
  }
  return slices;
};

const takeSlice = async (ports: LogPorts, records: readonly StreamRecord[]): Promise<LogReport> => {
  const [alone] = records.length === 1 ? records : [];
  try {
    return await takeBatch(ports, records, alone !== undefined);
  } catch (error) {
    if (!alone || isPassing(error)) throw error;
    const failed = [{ record: alone, reason: messageOf(error) }];
    const report = { ...emptyReport(), received: 1, failed };
    await countLines(ports.table, [{ record: alone, ...NOTHING, deliveries: 1 }], report);
    return report;
  }
};

const takeBatch = async (ports: LogPorts, records: readonly StreamRecord[], isAlone: boolean): Promise<LogReport> => {
  const { table } = ports;
  const { detectors, counted, ignored } = routeLogs(await ports.detectors(), records, ports.inflate);
  const memory = memories.get(ports) ?? new Map<string, DetectorMemory>();
  memories.set(ports, memory);
  const report = { ...emptyReport(), ignored, received: counted.length };
  const stores: Put[] = [];
  const commits: (() => void)[] = [];
  for (const lines of detectors) {
    if (lines.byShard.size === 0) continue;
    const { id } = lines.plan;
    const model = await usableModel(ports, lines.plan.detector, report);
    const own = memory.get(id) ?? emptyMemory(id);
    memory.set(id, own);
    const taken = await takeDetectorLines(table, lines, model, own, isAlone);
    addTo(report, taken.report);
    stores.push(...taken.stores);
    commits.push(taken.commit);
  }
  report.failed.sort((a, b) => compareSequence(a.record.sequenceNumber, b.record.sequenceNumber));
  await countLines(table, counted, report);
  await writeStores(table, stores);
  for (const commit of commits) commit();
  return report;
};

/**
 * Ends the sessions of which no line has come, by the clock, for longer than their time-out: of logs that have stopped, which no
 * later line ends. Harmless to repeat. Returns how many ended.
 * @param maxSessions looked at per detector and shard, about
 */
export const endSilentSessions = async (
  ports: Omit<LogPorts, "inflate">,
  nowMs: number,
  maxSessions = 10_000,
): Promise<number> => {
  const { table } = ports;
  const shards = await table.query({ pk: countsKey("log", "").pk, limit: 10_000 });
  let ended = 0;
  for (const detector of shards.length > 0 ? await ports.detectors() : []) {
    const plan = logPlanOf(detector);
    const model = await usableModel(ports, detector, emptyReport());
    const context = { table, plan, model, listing: emptyListing(plan.id) };
    for (const { sk } of shards) {
      const report = await endDueSessions(context, sk, { nowMs }, maxSessions);
      ended += report.ended;
    }
  }
  return ended;
};

const emptyReport = (): LogReport => ({
  ...{ received: 0, repeated: 0, ignored: 0, invalid: 0, lines: 0, unmatched: 0, deliveries: 0, newTemplates: 0 },
  ...{ sessionsWritten: 0, sessionsEnded: 0, anomalousSessions: 0, conflicts: 0, failed: [], unusableModels: [] },
});

const COUNTS = [
  ...([
    "received",
    "repeated",
    "ignored",
    "invalid",
    "lines",
    "unmatched",
    "deliveries",
    "newTemplates",
    "conflicts",
  ] as const),
  ...(["sessionsWritten", "sessionsEnded", "anomalousSessions"] as const),
];
const merge = (to: LogReport, from: LogReport): void => {
  for (const name of COUNTS) to[name] += from[name];
  to.failed.push(...from.failed);
  for (const one of from.unusableModels) {
    if (!to.unusableModels.some(({ detector }) => detector === one.detector)) to.unusableModels.push(one);
  }
};

/** A model that was made for another definition of the detector is none. */
const usableModel = async (
  { modelOf }: Pick<LogPorts, "modelOf">,
  detector: LogDetector,
  { unusableModels }: LogReport,
): Promise<LogModel | undefined> => {
  try {
    return modelFor(detector, await modelOf(detector.id));
  } catch (error) {
    if (error instanceof AppError && error.code !== "CORRUPT" && error.code !== "NOT_FOUND") throw error;
    unusableModels.push({ detector: detector.id, reason: messageOf(error) });
    return undefined;
  }
};

const addTo = (report: LogReport, from: Awaited<ReturnType<typeof takeDetectorLines>>["report"]): void => {
  report.newTemplates += from.newTemplates;
  report.sessionsWritten += from.written;
  report.sessionsEnded += from.ended;
  report.anomalousSessions += from.anomalous;
  report.conflicts += from.conflicts;
  report.failed.push(...from.failed);
};

const NOTHING = { isInvalid: false, lines: 0, unmatched: 0, deliveries: 0 };

/** Each record once, whatever the batches are. */
const countLines = async (table: Table, counted: readonly RecordCounts[], report: LogReport): Promise<void> => {
  const failed = new Set(report.failed.map(({ record }) => record));
  for (const [shardId, ofShard] of Map.groupBy(counted, ({ record }) => record.shardId)) {
    const steps = ofShard.map(({ record, isInvalid, lines, unmatched, deliveries }) => ({
      sequenceNumber: record.sequenceNumber,
      adds: { lines, invalid: isInvalid ? 1 : 0, unmatched, deliveries, failed: failed.has(record) ? 1 : 0 },
    }));
    const fresh = await countSteps(table, "log", shardId, steps);
    report.repeated += steps.length - fresh.length;
    for (const { adds } of fresh) {
      report.invalid += adds.invalid;
      report.lines += adds.lines;
      report.unmatched += adds.unmatched;
      report.deliveries += adds.deliveries;
    }
  }
};

/** Not the record's fault: another try may get over it. */
const isPassing = (error: unknown): boolean =>
  error instanceof AppError && (error.code === "UNAVAILABLE" || error.code === "CONFLICT");

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
