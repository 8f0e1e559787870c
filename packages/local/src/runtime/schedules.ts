import type { RetentionRules } from "@tidewatch/core/dataset/retention";
import type { Blobs, Bus, Clock, Mailer, Table } from "@tidewatch/core/store/ports";
import type { Trainer } from "@tidewatch/core/train/run";
import { trainDueDetectors } from "@tidewatch/core/train/run-due";
import type { StepRunner } from "@tidewatch/core/train/workflow/advance";
import { logLookups } from "@tidewatch/functions/log-lookups";
import { sweepHandler } from "@tidewatch/functions/sweep-handler";
import type { Checkpoints } from "../consumer/checkpoints.ts";
import type { DatasetProcess } from "../dataset/dataset-process.ts";
import { every, parseRate } from "../schedule/rate.ts";
import { openSchedules, type Schedules } from "../schedule/schedule.ts";
import type { StreamReader } from "../stream/reader.ts";
import { addWorkflowSchedules } from "../workflow/schedules.ts";
import { checkDriftOf } from "./check-drift.ts";
import type { Log } from "./log.ts";
import { reportJob } from "./report-schedule.ts";
import { addShadowSchedule } from "./shadow-schedule.ts";

/** A new detector gets its model within this time of having rows enough. */
const TRAIN_EVERY_SECONDS = 10;
const SWEEP_RATE = "rate(5 minutes)";
/** A session that fell silent ends by so much later. It costs a query per log detector and shard, and a look into each list of sessions that are due by their log's time. */
const END_SESSIONS_RATE = "rate(1 minute)";
/** Hours are checked once each; what there is soon after an hour is full. */
const DRIFT_RATE = "rate(10 minutes)";
/** A report of drift is made so much later. It costs three queries when there is nothing to do. */
const REPORT_RATE = "rate(1 minute)";
const TRIM_RATE = "rate(1 hour)";
const COMPACT_RATE = "rate(1 hour)";
/** Retention of a Kinesis stream unless it is told otherwise. */
const RETENTION_MS = 24 * 3_600_000;

type SchedulePorts = {
  table: Table;
  blobs: Blobs;
  bus: Bus;
  train: Trainer;
  mailer: Mailer;
  /** A step of a retraining. */
  step: StepRunner;
  reader: StreamReader;
  checkpoints: Checkpoints;
  clock: Clock;
  log: Log;
  /** Names of the consumers whose unread records must stay. */
  consumers: readonly string[];
  trim(beforeMs: number): Promise<number>;
  sweepExpired(): Promise<number>;
  compact: DatasetProcess["compact"];
  retention: RetentionRules;
  /** No schedule is slower. */
  paceSeconds: number | undefined;
};

/** What happens by the clock. */
export const startSchedules = (path: string, ports: SchedulePorts): { close(): Promise<void> } => {
  const { clock, log, paceSeconds = Number.POSITIVE_INFINITY } = ports;
  const opened = openSchedules(path, {
    now: clock,
    onError: (name, error) =>
      log({ level: "error", message: "a scheduled job failed", job: name, error: String(error) }),
  });
  const schedules: Schedules = {
    ...opened,
    add: (name, periodMs, job) => opened.add(name, Math.min(periodMs, paceSeconds * 1000), job),
  };
  schedules.add("train-when-due", every(TRAIN_EVERY_SECONDS), () => trainDue(ports));
  addWorkflowSchedules(schedules, ports);
  schedules.add("sweep-expired", parseRate(SWEEP_RATE), async () => {
    await ports.sweepExpired();
  });
  schedules.add("end-silent-sessions", parseRate(END_SESSIONS_RATE), endSessionsOf(ports));
  schedules.add("check-drift", parseRate(DRIFT_RATE), checkDriftOf(ports));
  addShadowSchedule(schedules, ports);
  schedules.add("reports", parseRate(REPORT_RATE), reportJob(ports));
  schedules.add("trim-stream", parseRate(TRIM_RATE), async () => {
    await ports.trim(trimTime(ports));
  });
  schedules.add("compact-archive", parseRate(COMPACT_RATE), () => compactArchive(ports));
  return { close: () => schedules.close() };
};

const compactArchive = async ({
  clock,
  log,
  compact,
  retention,
  reader,
  checkpoints,
}: SchedulePorts): Promise<void> => {
  const takenUntilMs = Math.min(clock(), ...unreadSince({ reader, checkpoints }, ["archive"]));
  const report = await compact(takenUntilMs, retention);
  if (Object.values(report).some((count) => count > 0)) {
    log({ level: "info", message: "compacted the archive", ...report });
  }
};

const trainDue = async (ports: SchedulePorts): Promise<void> => {
  const { log } = ports;
  const { trained, failed, announceFailure } = await trainDueDetectors(ports);
  for (const model of trained) {
    log({ level: model.unreadableItems ? "warn" : "info", message: "trained a model", ...model });
  }
  for (const { error, ...facts } of failed) {
    log({ level: "warn", message: "could not train a model", ...facts, error: String(error) });
  }
  if (announceFailure) {
    log({ level: "warn", message: "could not announce a model", error: String(announceFailure.error) });
  }
};

/** As on AWS, where it is a function of its own, but that lines which wait on the stream are known here. */
const endSessionsOf = ({ table, blobs, clock, log, ...stream }: SchedulePorts): (() => Promise<void>) =>
  sweepHandler({
    table,
    clock,
    takenUntil: () => Math.min(clock(), ...unreadSince(stream, ["log"])),
    // The consumer warns of what cannot be read.
    ...logLookups({ table, blobs, clock }, { detectorsMaxAgeMs: 0, modelsMaxAgeMs: 0, onBad: () => {} }),
    onReport: (sessions) => {
      if (sessions > 0) log({ level: "info", message: "ended silent sessions", sessions });
    },
  });

/** Retention, but never past a record that a consumer has still to read: on one machine nobody else would have it. */
export const trimTime = ({
  reader,
  checkpoints,
  clock,
  consumers,
}: Pick<SchedulePorts, "reader" | "checkpoints" | "clock" | "consumers">): number =>
  Math.min(clock() - RETENTION_MS, ...unreadSince({ reader, checkpoints }, consumers));

/** When the first record arrived that a consumer has still to read, of each consumer and shard where there is one. */
const unreadSince = (
  { reader, checkpoints }: Pick<SchedulePorts, "reader" | "checkpoints">,
  consumers: readonly string[],
): number[] =>
  consumers.flatMap((consumer) =>
    reader.shardIds().flatMap((shardId) => {
      const [next] = reader.read(shardId, checkpoints.get(consumer, shardId), { records: 1, bytes: 1 });
      return next ? [next.arrivalMs] : [];
    }),
  );
