import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { AppError } from "@tidewatch/core/errors";
import type { Examination, ModelExaminer } from "@tidewatch/core/register/examine";
import type { ProbeOrder, ProbeReport } from "./messages.ts";

const ENTRY = fileURLToPath(new URL("./worker.ts", import.meta.url));

export type ProbeLimits = { timeoutMs: number; memoryMegabytes: number };
/** 20,000 reference rows at the allowed millisecond each, twice, and the load. Memory: what a scoring function has. */
const LIMITS: ProbeLimits = { timeoutMs: 60_000, memoryMegabytes: 1536 };

/**
 * Examines models, each in a process of its own, one after the other. The process is told nothing else: no environment, no
 * credentials, no files. What crashes it, keeps it busy or eats its memory harms nobody, and is the reason why the model is
 * refused.
 */
export const processExaminer = (limits: ProbeLimits = LIMITS): ModelExaminer => {
  let turn: Promise<unknown> = Promise.resolve();
  const examine = async (order: ProbeOrder): Promise<Examination> => {
    const child = start(limits);
    try {
      return await answerOf(child, order, limits);
    } finally {
      child.kill("SIGKILL");
    }
  };
  return (onnx, rows, rowCount) => {
    const mine = turn.then(() => examine({ onnx, rows, rowCount }));
    turn = mine.catch(() => undefined);
    return mine;
  };
};

/**
 * By way of a shell, since Node itself cannot limit a process: the kernel keeps the limits of memory (RLIMIT_DATA, on Linux)
 * and of CPU time, which ends the process even when this one is gone.
 */
const start = ({ memoryMegabytes, timeoutMs }: ProbeLimits): ChildProcess => {
  const limits = ["-c 0", `-d ${memoryMegabytes * 1024}`, `-t ${Math.ceil(timeoutMs / 1000) + 1}`];
  const script = `${limits.map((limit) => `ulimit ${limit} 2>/dev/null;`).join(" ")} exec "$0" "$@"`;
  const command = [process.execPath, "--disable-warning=ExperimentalWarning", ENTRY];
  return spawn("/bin/sh", ["-c", script, ...command], {
    env: {},
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
};

const answerOf = (child: ChildProcess, order: ProbeOrder, limits: ProbeLimits): Promise<Examination> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(refused(`The model was not done with ${order.rowCount} rows within ${limits.timeoutMs / 1000} s.`));
    }, limits.timeoutMs);
    child.once("message", (report: ProbeReport) => {
      clearTimeout(timer);
      if (report.kind === "examined") resolve({ scores: report.scores, msPerRow: report.msPerRow });
      else reject(failure(report, limits));
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(new AppError("INTERNAL", `no process to try the model in: ${error.message}`, { cause: error }));
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      const how = signal ?? `code ${code}`;
      reject(
        refused(
          `The model ended the process that tried it (${how}): it crashes, or needs more than ${memoryOf(limits)}.`,
        ),
      );
    });
    // A process that is gone says so by its exit.
    child.send(order, () => undefined);
  });

/** What ONNX Runtime and the allocator below it say when the limit is reached. */
const OUT_OF_MEMORY = /bad_alloc|allocate|allocation failed/i;

const failure = ({ code, message }: Extract<ProbeReport, { kind: "failed" }>, limits: ProbeLimits): AppError => {
  if (OUT_OF_MEMORY.test(message)) return refused(`The model needs more than ${memoryOf(limits)}.`);
  // What is corrupt here is what was handed in, not what is stored.
  return new AppError(code === "CORRUPT" ? "VALIDATION" : code, message);
};

const memoryOf = ({ memoryMegabytes }: ProbeLimits): string => `${memoryMegabytes} MB of memory`;
const refused = (reason: string): AppError => new AppError("VALIDATION", reason);
