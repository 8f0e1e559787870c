import { AppError } from "../errors.ts";
import type { Bus, BusEvent, Table } from "../store/ports.ts";
import type { DriftCheck } from "./check.ts";
import { checkAt, openStates } from "./checks.ts";
import { type DriftState, saveState } from "./state.ts";

/**
 * Publishes `drift.detected` for each run of drift that was not announced yet, whoever found it, and notes that it was. The note
 * comes after the event: a crash in between publishes it again, under the same id. Provisional references open no run.
 *
 * @throws what the table or the bus throws; what was not noted then is announced by the next call
 */
export const announceDrifts = async ({ table, bus }: { table: Table; bus: Bus }): Promise<void> => {
  for await (const { detector, state, version } of openStates(table)) {
    const { openSinceMs, announcedSinceMs } = state.doc;
    if (openSinceMs === announcedSinceMs) continue;
    await bus.publish([await detected(table, detector, state)]);
    // Whoever checked meanwhile did not note it: then the next call does.
    await saveState(table, detector, { ...state, doc: { ...state.doc, announcedSinceMs: openSinceMs } }, version);
  }
};

/** Under one id for one run of drift, so that a repeat is recognised. */
const detected = async (table: Table, detector: string, { doc }: DriftState): Promise<BusEvent> => {
  const check = await readable(checkAt(table, detector, doc.untilMs));
  const drifted = (check?.findings ?? []).filter((finding) => finding.drifted);
  const features = [...new Set(drifted.flatMap(({ feature }) => feature ?? []))];
  const { modelVersion, openSinceMs: sinceMs, openedAtMs } = doc;
  return {
    ...{ id: `drift.detected#${detector}#${sinceMs}`, type: "drift.detected", timeMs: openedAtMs! },
    detail: { detector, modelVersion, sinceMs, features, verdict: check?.verdict ?? "" },
  };
};

/** That something has drifted is worth telling without what the check said: it may be kept no more, or be damaged. */
const readable = (check: Promise<DriftCheck | undefined>): Promise<DriftCheck | undefined> =>
  check.catch((error: unknown) => {
    if (error instanceof AppError && error.code === "CORRUPT") return undefined;
    throw error;
  });
