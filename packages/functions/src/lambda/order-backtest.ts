import { orderBacktest } from "@tidewatch/core/backtest/job";
import type { Blobs, Bus, Clock, Table } from "@tidewatch/core/store/ports";
import type { ApiPorts } from "../api/ports.ts";
import { jobOrdered } from "../job-handler.ts";

/** A function that has answered is stopped: the bus tells another one of the job. */
export const backtestsByBus =
  ({ bus, ...ports }: { table: Table; blobs: Blobs; clock: Clock; bus: Bus }): ApiPorts["orderBacktest"] =>
  async (wish) => {
    const job = await orderBacktest(ports, wish);
    await bus.publish([jobOrdered(job, ports.clock())]);
    return job;
  };
