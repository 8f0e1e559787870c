import { type ReportPorts, type ReportRun, runReports } from "@tidewatch/core/report/run";

export type ReportHandlerPorts = ReportPorts & {
  /** What came of the run, for logs and metrics. */
  onReport: (run: ReportRun) => void;
};

/** Called by a schedule, whatever the event says. A run that overlaps another one may send a report twice, and harms nothing. */
export const reportHandler =
  ({ onReport, ...ports }: ReportHandlerPorts) =>
  async (): Promise<void> => {
    onReport(await runReports(ports));
  };
