import { AppError, type ErrorCode } from "../errors.ts";
import type { RegistryPorts } from "../register/models.ts";
import { detectorLister } from "../store/detectors.ts";
import type { Bus, Clock } from "../store/ports.ts";
import { announceDrifts } from "./announce.ts";
import { driftCheck } from "./run.ts";

export type FailedCheck = { detector: string; code: ErrorCode; error: unknown };
/** `detectors = checked + waiting + failed`. */
export type DriftReport = {
  detectors: number;
  checked: number;
  /** Those that have nothing to be compared with yet. */
  waiting: number;
  drifted: string[];
  failed: FailedCheck[];
  /** Why drift could not be announced: the next run tries again. */
  announceFailure?: { error: unknown };
  durationMs: number;
};

/**
 * Checks every detector whose drift policy asks for it, and announces what has drifted. One that cannot be checked does not keep
 * the others waiting, nor does a bus that is away.
 */
export const runDriftChecks = async (ports: RegistryPorts & { bus: Bus; clock: Clock }): Promise<DriftReport> => {
  const startMs = ports.clock();
  const detectors = (await detectorLister(ports.table, ports.clock, 0)()).filter(({ drift }) => drift.enabled);
  const report: DriftReport = {
    detectors: detectors.length,
    checked: 0,
    waiting: 0,
    drifted: [],
    failed: [],
    durationMs: 0,
  };
  for (const detector of detectors) {
    try {
      const check = await driftCheck(ports, detector, ports.clock());
      if (!check) report.waiting += 1;
      else report.checked += 1;
      if (check?.drifted) report.drifted.push(detector.id);
    } catch (error) {
      const code = error instanceof AppError ? error.code : "INTERNAL";
      report.failed.push({ detector: detector.id, code, error });
    }
  }
  try {
    await announceDrifts(ports);
  } catch (error) {
    report.announceFailure = { error };
  }
  return { ...report, durationMs: ports.clock() - startMs };
};
