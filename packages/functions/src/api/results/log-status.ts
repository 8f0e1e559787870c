import { listAnomalousSessions } from "@tidewatch/core/log/read/anomalous-sessions";
import { getLogDetector } from "@tidewatch/core/store/detectors";
import type { Clock, Table } from "@tidewatch/core/store/ports";
import { countEnded } from "@tidewatch/core/train/log/read";
import { readable } from "@tidewatch/core/train/log/readable";
import type { z } from "zod";
import type { LogDetectorStatus } from "../schemas/status.ts";
import type { Results } from "./results.ts";

type Ports = { table: Table; clock: Clock };
type LogStatus = Pick<z.output<typeof LogDetectorStatus>, "model" | "warmUp" | "anomalousSessions">;

const DAY_MS = 24 * 3_600_000;
/** Looked at per detector: more are told as so many and more. */
const MOST_ANOMALOUS = 100;

/** Sessions found anomalous that began within a day, by their own time. */
export const anomalousOfDay = async ({ table, clock }: Ports, id: string): Promise<LogStatus["anomalousSessions"]> => {
  const nowMs = clock();
  const range = { fromMs: nowMs - DAY_MS, toMs: nowMs + 1, limit: MOST_ANOMALOUS + 1 };
  const found = await listAnomalousSessions(table, id, range);
  return { lastDay: Math.min(found.length, MOST_ANOMALOUS), hasMore: found.length > MOST_ANOMALOUS };
};

/** What a detector without a model still waits for. */
export const logWarmUp = async ({ table, clock }: Ports, id: string): Promise<LogStatus["warmUp"]> => {
  const stored = await getLogDetector(table, id);
  if (!stored) return null;
  const wanted = stored.detector.session.minTrainingSessions;
  const ended = await countEnded(table, id, { nowMs: clock(), enough: wanted });
  const sessionsNeeded = Math.max(0, wanted - ended);
  const progress =
    sessionsNeeded > 0 ? `about ${ended} of ${wanted} ended sessions` : "enough sessions, training is due";
  return { cause: `no model yet: ${progress}`, sessionsNeeded };
};

/** A model that cannot be read is none: the next training replaces it. */
export const logStatus = async (results: Results, id: string): Promise<LogStatus> => {
  const [model, anomalousSessions] = await Promise.all([
    readable(results.logModelOf(id)),
    results.anomalousOfDayOf(id),
  ]);
  if (!model) return { model: null, warmUp: await results.logWarmUpOf(id), anomalousSessions };
  const { version, trainedAtMs, trainingSessions } = model;
  return { model: { version, trainedAtMs, trainingSessions }, warmUp: null, anomalousSessions };
};
