import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { openJobs, orderBacktest } from "@tidewatch/core/backtest/job";
import { AppError } from "@tidewatch/core/errors";
import type { Blobs, Clock, Table } from "@tidewatch/core/store/ports";
import type { ApiPorts } from "@tidewatch/functions/api/ports";
import type { Log } from "../runtime/log.ts";

const ENTRY = new URL("./worker.ts", import.meta.url);

type JobsOptions = { table: Table; blobs: Blobs; clock: Clock; log: Log };

/**
 * Does jobs one after the other, each in a thread of its own: neither requests nor scoring wait for one. A job that a stop
 * or a crash has cut is gone on with by the next start.
 */
export const threadJobs = (directory: string, { table, blobs, clock, log }: JobsOptions) => {
  let turn: Promise<unknown> = Promise.resolve();
  let isClosing = false;
  let running: Worker | undefined;

  const run = async (id: string): Promise<void> => {
    if (isClosing) return;
    running = new Worker(ENTRY, { workerData: { directory, id }, name: "job" });
    running.once("message", (error: string | undefined) => {
      if (error !== undefined) log({ level: "warn", message: "a job failed", job: id, error });
    });
    await once(running, "exit").finally(() => {
      running = undefined;
    });
  };
  const start = (id: string): void => {
    turn = turn
      .then(() => run(id))
      .catch((error: unknown) => log({ level: "error", message: "a job broke off", job: id, error: String(error) }));
  };
  turn = openJobs(table).then(
    (ids) => ids.forEach(start),
    (error: unknown) => log({ level: "error", message: "jobs could not be gone on with", error: String(error) }),
  );

  const order: ApiPorts["orderBacktest"] = async (wish) => {
    if (isClosing) throw new AppError("UNAVAILABLE", "the server stops: order it after the next start");
    const job = await orderBacktest({ table, blobs, clock }, wish);
    start(job.id);
    return job;
  };
  return {
    orderBacktest: order,
    async close(): Promise<void> {
      isClosing = true;
      await running?.terminate();
      await turn;
    },
  };
};
