import { type TrainDuePorts, type TrainReport, trainDueDetectors } from "@tidewatch/core/train/run-due";

export type TrainHandlerPorts = TrainDuePorts & {
  /** What came of the run, for logs and metrics. */
  onReport: (report: TrainReport) => void;
};

/** Called by a schedule, whatever the event says. A run that overlaps another one trains a detector twice, and harms nothing. */
export const trainHandler =
  ({ onReport, ...ports }: TrainHandlerPorts) =>
  async (): Promise<void> =>
    onReport(await trainDueDetectors(ports));
