import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Invocation, Invoked } from "./lambda-process.ts";

const PROCESS = join(import.meta.dirname, "lambda-process.ts");
const ENTRIES = join(import.meta.dirname, "../../../packages/functions/src/lambda");

/** What one line of the log says. */
export type LogLine = Record<string, unknown>;

/** Starts a function's entry file as a sandbox of its own, in `environment` and nothing else of ours. */
export const startLambda = async (entry: string, environment: Record<string, string>) => {
  const child = fork(PROCESS, [join(ENTRIES, `${entry}.ts`)], {
    silent: true,
    env: { PATH: process.env.PATH ?? "", AWS_REGION: "us-east-1", ...environment },
  });
  let output = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  const exited = once(child, "exit");
  const answer = (): Promise<unknown> =>
    Promise.race([
      once(child, "message").then(([message]) => message),
      exited.then(() => Promise.reject(new Error(`the function ended:\n${output}`))),
    ]);
  await answer();
  return {
    /** Calls the handler and waits for it. `remainingMs` is what the context says is left of its time. */
    async invoke(id: string, event: unknown, remainingMs = 30_000): Promise<Invoked> {
      const answered = answer();
      child.send({ id, event, remainingMs } satisfies Invocation);
      return (await answered) as Invoked;
    },
    /** Ends it and gives all that it printed. */
    async end(): Promise<{ output: string; lines: LogLine[] }> {
      child.disconnect();
      await exited;
      return {
        output,
        lines: output
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line) as LogLine),
      };
    },
  };
};

/** What an embedded metric line counts, and where. */
export const metricsOf = (line: LogLine) => {
  type Directive = { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] };
  const [directive] = (line._aws as { CloudWatchMetrics: Directive[] }).CloudWatchMetrics;
  const { Namespace, Dimensions, Metrics } = directive!;
  const values = Object.fromEntries(Metrics.map(({ Name }) => [Name, line[Name] as number]));
  return { Namespace, Dimensions, values, units: new Set(Metrics.map(({ Unit }) => Unit)) };
};
