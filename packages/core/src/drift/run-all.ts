import { AppError, type ErrorCode } from "../errors.ts";
import { detectorLister } from "../store/detectors.ts";
import type { Clock } from "../store/ports.ts";
import { type DriftPorts, driftCheck } from "./run.ts";

export type FailedCheck = { detector: string; code: ErrorCode; error: unknown };
/** `detectors = checked + waiting + failed`. */
export type DriftReport = {
  detectors: number;
  checked: number;
  /** Those that have nothing to be compared with yet. */
  waiting: number;
  drifted: string[];
  failed: FailedCheck[];
  durationMs: number;
};

/** Checks every detector whose drift policy asks for it. One that cannot be checked does not keep the others waiting. */
export const runDriftChecks = async (ports: DriftPorts & { clock: Clock }): Promise<DriftReport> => {
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
  return { ...report, durationMs: ports.clock() - startMs };
};
