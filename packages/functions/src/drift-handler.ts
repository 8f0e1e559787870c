import { type DriftReport, runDriftChecks } from "@tidewatch/core/drift/run-all";

export type DriftHandlerPorts = Parameters<typeof runDriftChecks>[0] & {
  /** What came of the run, for logs and metrics. */
  onReport: (report: DriftReport) => void;
};

/**
 * Called by a schedule, whatever the event says: an hour that was checked is not checked again. Runs that overlap harm nothing.
 *
 * @throws at the end of a run that could not announce a drift: it counts as an error of the function, the next run tries again
 */
export const driftHandler =
  ({ onReport, ...ports }: DriftHandlerPorts) =>
  async (): Promise<void> => {
    const report = await runDriftChecks(ports);
    onReport(report);
    if (report.announceFailure) throw report.announceFailure.error;
  };
