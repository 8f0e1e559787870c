import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Datasets } from "@tidewatch/core/dataset/dataset";
import { datasetReader } from "@tidewatch/core/dataset/read";
import type { RetentionRules } from "@tidewatch/core/dataset/retention";
import { AppError } from "@tidewatch/core/errors";
import type { Blobs } from "@tidewatch/core/store/ports";
import type { Compacted, DatasetOrder, DatasetReport } from "./messages.ts";

const ENTRY = fileURLToPath(new URL("./worker.ts", import.meta.url));

export type DatasetProcess = {
  datasets: Datasets;
  compact(takenUntilMs: number, rules: RetentionRules): Promise<Compacted>;
  close(): Promise<void>;
};

/**
 * Freezes datasets and compacts the archive in a process of its own, which ends with the work: it takes minutes and hundreds of
 * megabytes, and a thread that is ended while DuckDB is at work takes the whole server with it. One at a time.
 */
export const datasetProcess = (directory: string, blobs: Blobs): DatasetProcess => {
  let turn: Promise<unknown> = Promise.resolve();
  let isClosing = false;
  let running: ChildProcess | undefined;

  const run = async (order: DatasetOrder): Promise<DatasetReport> => {
    if (isClosing) throw stopping();
    running = fork(ENTRY, {
      serialization: "advanced",
      execArgv: ["--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    try {
      return await answerOf(running, order);
    } catch (error) {
      throw isClosing ? stopping() : error;
    } finally {
      running = undefined;
    }
  };
  const inTurn = (order: DatasetOrder): Promise<DatasetReport> => {
    const mine = turn.then(() => run(order));
    turn = mine.catch(() => undefined);
    return mine;
  };

  return {
    datasets: {
      async freeze(query) {
        const report = await inTurn({ kind: "freeze", directory, query });
        if (report.kind === "frozen") return report.info;
        throw failureOf(report);
      },
      read: datasetReader(blobs),
    },
    async compact(takenUntilMs, rules) {
      const report = await inTurn({ kind: "compact", directory, takenUntilMs, rules });
      if (report.kind === "compacted") return report.report;
      throw failureOf(report);
    },
    /** Work under way is given up: whatever it leaves is found, or removed, by the next. */
    async close() {
      isClosing = true;
      running?.kill("SIGKILL");
      await turn;
    },
  };
};

const answerOf = (child: ChildProcess, order: DatasetOrder): Promise<DatasetReport> =>
  new Promise((resolve, reject) => {
    let report: DatasetReport | undefined;
    child.once("message", (message: DatasetReport) => {
      report = message;
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (report) resolve(report);
      else
        reject(new AppError("INTERNAL", `work on ${order.kind} ended without an answer (${signal ?? `code ${code}`})`));
    });
    child.send(order, (error) => error && reject(error));
  });

const failureOf = (report: DatasetReport): AppError =>
  report.kind === "failed"
    ? new AppError(report.code, report.message)
    : new AppError("INTERNAL", "the process did other work than it was asked for");

const stopping = (): AppError =>
  new AppError(
    "UNAVAILABLE",
    "work on datasets was given up, because the server stops: ask again after the next start",
  );
