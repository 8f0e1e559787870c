import { type DriftReport, runDriftChecks } from "@tidewatch/core/drift/run-all";

export type DriftHandlerPorts = Parameters<typeof runDriftChecks>[0] & { onReport: (report: DriftReport) => void };

/** Called by a schedule, whatever the event says. */
export const driftHandler =
  ({ onReport, ...ports }: DriftHandlerPorts) =>
  async (): Promise<void> =>
    onReport(await runDriftChecks(ports));
