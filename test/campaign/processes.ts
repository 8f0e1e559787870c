import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { PipelineMessage } from "./pipeline-process.ts";
import type { ProducerOptions, ProducerProgress } from "./producer.ts";

const SCRIPTS = import.meta.dirname;
/** Vitest's own flags must not reach the children. */
const FORK = { execArgv: [], stdio: ["ignore", "inherit", "pipe", "ipc"] as const };

const start = (script: string, options: object): { child: ChildProcess; errors: () => string } => {
  const child = fork(join(SCRIPTS, script), [JSON.stringify(options)], { ...FORK, stdio: [...FORK.stdio] });
  let errors = "";
  child.stderr!.on("data", (chunk) => {
    errors += chunk;
  });
  return { child, errors: () => errors };
};

export type PipelineOptions = { directory: string; port: number; consumers: number };

export const startPipelineProcess = (options: PipelineOptions) => {
  const { child, errors } = start("pipeline-process.ts", options);
  const exited = once(child, "exit");
  let killed = false;
  let stopping = false;
  const failed = exited.then(([code, signal]) => {
    if (killed || (stopping && code === 0)) return;
    throw new Error(`The pipeline ended by itself (${code ?? signal}): ${errors()}`);
  });
  const message = async <Kind extends PipelineMessage["kind"]>(kind: Kind) => {
    for (;;) {
      const [received] = (await Promise.race([once(child, "message"), failed.then(() => [undefined])])) as [
        PipelineMessage,
      ];
      if (received === undefined) throw new Error("The pipeline was killed.");
      if (received.kind === kind) return received as Extract<PipelineMessage, { kind: Kind }>;
    }
  };
  failed.catch(() => {});
  const ready = message("ready");
  ready.catch(() => {});
  return {
    ready,
    /** Rejects when the process ends without having been told to. */
    failed,
    kill: async () => {
      killed = true;
      child.kill("SIGKILL");
      await exited;
    },
    /** Waits until every record is archived and scored, then stops cleanly. */
    drainAndStop: async () => {
      await ready;
      const drained = message("drained");
      stopping = true;
      child.send("drain");
      const { status } = await drained;
      await exited;
      return status;
    },
  };
};
export type PipelineProcess = ReturnType<typeof startPipelineProcess>;

export const startProducer = (options: ProducerOptions) => {
  const { child, errors } = start("producer.ts", options);
  let progress: ProducerProgress = { acknowledged: 0, retries: 0 };
  child.on("message", (message) => {
    progress = message as ProducerProgress;
  });
  const finished = once(child, "exit").then(([code, signal]) => {
    if (code !== 0) throw new Error(`Producer ${options.producer} ended early (${code ?? signal}): ${errors()}`);
  });
  finished.catch(() => {});
  return { progress: () => progress, finished, stop: () => child.kill("SIGKILL") };
};
