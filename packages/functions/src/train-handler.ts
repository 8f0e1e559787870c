import { type TrainDuePorts, type TrainReport, trainDueDetectors } from "@tidewatch/core/train/run-due";

export type TrainHandlerPorts = TrainDuePorts & {
  /** What came of the run, for logs and metrics. */
  onReport: (report: TrainReport) => void;
};

/**
 * Called by a schedule, whatever the event says. A run that overlaps another one trains a detector twice, and harms nothing.
 *
 * @throws at the end of a run that could not announce a model: it counts as an error of the function, the next run tries again
 */
export const trainHandler =
  ({ onReport, ...ports }: TrainHandlerPorts) =>
  async (): Promise<void> => {
    const report = await trainDueDetectors(ports);
    onReport(report);
    if (report.announceFailure) throw report.announceFailure.error;
  };
