import { type Job, type JobPorts, runJob } from "@tidewatch/core/backtest/job";
import type { Bus, BusEvent } from "@tidewatch/core/store/ports";

/** Ordered, or to be gone on with. */
export const jobOrdered = ({ id, attempts }: Pick<Job, "id" | "attempts">, nowMs: number): BusEvent => ({
  ...{ id: `job.ordered#${id}#${attempts}`, type: "job.ordered", timeMs: nowMs, detail: { job: id } },
});

export type JobHandlerPorts = JobPorts & {
  bus: Bus;
  /** A job that takes longer orders itself again. */
  spanMs: number;
  onReport: (job: Job | undefined) => void;
};

/** Does the job that an event orders; of one that comes twice, it does what is left. */
export const jobHandler =
  ({ bus, spanMs, onReport, ...ports }: JobHandlerPorts) =>
  async ({ detail }: Pick<BusEvent, "detail">): Promise<void> => {
    const { clock } = ports;
    const job = await runJob(ports, String(detail.job), clock() + spanMs);
    if (job?.state === "running") await bus.publish([jobOrdered(job, clock())]);
    onReport(job);
  };
