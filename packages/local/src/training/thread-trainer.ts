import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { AppError } from "@tidewatch/core/errors";
import type { TrainedModel, Trainer } from "@tidewatch/core/train/run";
import type { TrainingOrder, TrainingReport } from "./messages.ts";

const ENTRY = new URL("./worker.ts", import.meta.url);

/**
 * Trains in a thread of its own, which ends with the training: half a second of work per 100,000 rows would hold up every
 * request, and the memory goes back. One at a time; the others wait for their turn.
 */
export const threadTrainer = (directory: string): { train: Trainer; close(): Promise<void> } => {
  let turn: Promise<unknown> = Promise.resolve();
  let isClosing = false;
  let running: Worker | undefined;

  const run = async (detectorId: string): Promise<TrainedModel> => {
    if (isClosing) throw stopping(detectorId);
    const workerData: TrainingOrder = { directory, detectorId };
    const worker = new Worker(ENTRY, { workerData });
    running = worker;
    let report: TrainingReport | undefined;
    worker.once("message", (message: TrainingReport) => {
      report = message;
    });
    // A thread that dies of an error emits it, and `once` throws it.
    await once(worker, "exit").finally(() => {
      running = undefined;
    });
    if (!report)
      throw isClosing ? stopping(detectorId) : new AppError("INTERNAL", `${what(detectorId)} gave no answer`);
    if (report.kind === "trained") return report.model;
    throw new AppError(report.code, report.message);
  };

  return {
    train(detectorId) {
      const mine = turn.then(() => run(detectorId));
      turn = mine.catch(() => undefined);
      return mine;
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
