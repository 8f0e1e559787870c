import { AppError } from "@tidewatch/core/errors";
import type { LogDetector } from "@tidewatch/core/log/detector";
import { listLabels } from "@tidewatch/core/store/labels";
import { endedSessions } from "@tidewatch/core/train/log/read";
import { sessionLabels } from "@tidewatch/core/train/log/session-labels";
import type { ApiPorts } from "../ports.ts";

/**
 * What a log detector without a model waits for: ended sessions of its definition that are not labelled anomalous. Reads
 * no more of them than it takes to say so.
 */
export const logWarmUp = async ({ table, clock }: Pick<ApiPorts, "table" | "clock">, detector: LogDetector) => {
  const { id, session } = detector;
  const labels = (await listLabels(table, id)).map(({ label }) => label);
  const wanted = session.minTrainingSessions;
  const unusable = labels.filter(({ label }) => label === "anomalous").length;
  const limit = Math.min(session.maxTrainingSessions, wanted + unusable);
  const labelOf = sessionLabels(labels);
  const { sessions, unreadable } = await endedSessions(table, detector, { nowMs: clock(), limit });
  const usable = sessions.filter((one) => labelOf(one) !== 1).length;
  const sessionsNeeded = Math.max(0, wanted - usable);
  if (sessionsNeeded === 0) return { cause: "no model yet: training is due", sessionsNeeded };
  const lost = unreadable > 0 ? `, and ${unreadable} items of ended ones cannot be read` : "";
  return { cause: `no model yet: ${usable} of ${wanted} sessions have ended${lost}`, sessionsNeeded };
};

/** `undefined` for what is stored but damaged or gone; the status has more to tell than that. */
export const unlessDamaged = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof AppError && (error.code === "CORRUPT" || error.code === "NOT_FOUND")) return undefined;
    throw error;
  }
};
