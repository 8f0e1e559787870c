import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { AppError } from "@tidewatch/core/errors";
import type { Trainer } from "@tidewatch/core/train/run";
import type { WorkflowRun } from "@tidewatch/core/train/workflow/workflow";
import type { RetrainingOrder, TrainingOrder, TrainingReport } from "./messages.ts";

const ENTRY = new URL("./worker.ts", import.meta.url);

/** Ends a thread that has taken too long. */
export type ThreadLimit = { ms: number; what: string };

export type ThreadTrainer = {
  train: Trainer;
  /** A step of a retraining. @throws AppError TOO_LARGE when it takes longer than the limit */
  step(detectorId: string, order: RetrainingOrder, limit: ThreadLimit): Promise<WorkflowRun>;
  close(): Promise<void>;
};

/**
 * Trains in a thread of its own, which ends with the training: half a second of work per 100,000 rows would hold up every
 * request, and the memory goes back. One at a time; the others wait for their turn.
 */
export const threadTrainer = (directory: string): ThreadTrainer => {
  let turn: Promise<unknown> = Promise.resolve();
  let isClosing = false;
  let running: Worker | undefined;

  const run = async (workerData: TrainingOrder, limit?: ThreadLimit): Promise<TrainingReport> => {
    const { detectorId } = workerData;
    if (isClosing) throw stopping(detectorId);
    const worker = new Worker(ENTRY, { workerData });
    running = worker;
    let report: TrainingReport | undefined;
    let isTimeUp = false;
    worker.once("message", (message: TrainingReport) => {
      report = message;
    });
    const timer =
      limit &&
      setTimeout(() => {
        isTimeUp = true;
        void worker.terminate();
      }, limit.ms);
    // A thread that dies of an error emits it, and `once` throws it.
    await once(worker, "exit").finally(() => {
      clearTimeout(timer);
      running = undefined;
    });
    if (report?.kind === "failed") throw new AppError(report.code, report.message);
    if (report) return report;
    if (isTimeUp) throw new AppError("TOO_LARGE", limit!.what);
    throw isClosing ? stopping(detectorId) : new AppError("INTERNAL", `${what(detectorId)} gave no answer`);
  };
  const inTurn = (order: TrainingOrder, limit?: ThreadLimit): Promise<TrainingReport> => {
    const mine = turn.then(() => run(order, limit));
    turn = mine.catch(() => undefined);
    return mine;
  };

  return {
    async train(detectorId) {
      const report = await inTurn({ directory, detectorId });
      return (report as Extract<TrainingReport, { kind: "trained" }>).model;
    },
    async step(detectorId, retraining, limit) {
      const report = await inTurn({ directory, detectorId, retraining }, limit);
      return (report as Extract<TrainingReport, { kind: "stepped" }>).run;
    },
    /** A training under way is given up: it leaves no more than a version number that is taken. */
    async close() {
      isClosing = true;
      await running?.terminate();
      await turn;
    },
  };
};

const what = (detectorId: string) => `the training of ${detectorId}`;
const stopping = (detectorId: string) =>
  new AppError(
    "UNAVAILABLE",
    `${what(detectorId)} was given up, because the server stops: train it after the next start`,
  );
