import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const RUNTIME = join(import.meta.dirname, "../../../.sst/platform/dist/nodejs-runtime/index.js");

export type LambdaOptions = {
  /** The unpacked package. */
  folder: string;
  /** `bundle.handler`, as deployed. */
  handler: string;
  env: Record<string, string>;
  timeoutSeconds: number;
};
export type Lambda = {
  /** The handler's answer; rejects with what it threw, and after the time-out. */
  invoke<Result>(event: unknown): Promise<Result>;
  /** All that it wrote to standard output and standard error. */
  log(): string;
  /** From the start of the process until it asked for its first event, in milliseconds. */
  startMs(): number | undefined;
  stop(): Promise<void>;
};

type Job = { id: string; event: unknown; done(result: unknown): void; fail(error: Error): void };

/**
 * A sandbox: a process of SST's own Node runtime with the deployed bundle, and the Lambda Runtime API that it asks for
 * events and tells the answers (`/runtime/invocation/next`, `…/response`, `…/error`, `/runtime/init/error`).
 */
export const startLambda = async ({ folder, handler, env, timeoutSeconds }: LambdaOptions): Promise<Lambda> => {
  const queued: Job[] = [];
  const waiting: ServerResponse[] = [];
  const running = new Map<string, Job>();
  let initError: Error | undefined;
  let readyMs: number | undefined;

  const give = (response: ServerResponse, job: Job) => {
    running.set(job.id, job);
    const headers = {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": job.id,
      "lambda-runtime-deadline-ms": String(Date.now() + timeoutSeconds * 1000),
      "lambda-runtime-invoked-function-arn": `arn:aws:lambda:eu-west-1:123456789012:function:${env.AWS_LAMBDA_FUNCTION_NAME}`,
    };
    response.writeHead(200, headers).end(JSON.stringify(job.event));
  };
  const failAll = (error: Error) => {
    initError = error;
    for (const job of [...queued.splice(0), ...running.values()]) job.fail(error);
    running.clear();
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "";
    if (path.endsWith("/invocation/next")) {
      readyMs ??= performance.now();
      const job = queued.shift();
      return job ? give(response, job) : waiting.push(response);
    }
    const body = await text(request);
    response.writeHead(202).end("{}");
    const [, id = "", kind] = /invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const job = running.get(id);
    running.delete(id);
    if (kind === "response") job?.done(body === "" ? undefined : JSON.parse(body));
    else if (kind === "error") job?.fail(thrown(body));
    else failAll(thrown(body));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));

  const startedMs = performance.now();
  const child = spawn(process.execPath, [RUNTIME, join(folder, handler)], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      ...env,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  void exited.then(() => failAll(initError ?? new Error(`the sandbox has ended: ${output.slice(-2000)}`)));

  const invoke = <Result>(event: unknown): Promise<Result> =>
    new Promise((resolve, reject) => {
      if (initError) return reject(initError);
      const late = () => reject(new Error(`no answer within ${timeoutSeconds} seconds: ${output.slice(-2000)}`));
      const timer = setTimeout(late, timeoutSeconds * 1000);
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(timer);
          then(value);
        };
      const job: Job = {
        id: randomUUID(),
        event,
        done: settle((result) => resolve(result as Result)),
        fail: settle(reject),
      };
      const free = waiting.shift();
      if (free) give(free, job);
      else queued.push(job);
    });
  return {
    invoke,
    log: () => output,
    startMs: () => (readyMs === undefined ? undefined : readyMs - startedMs),
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
};

const thrown = (body: string): Error => {
  const { errorType, errorMessage } = JSON.parse(body || "{}") as { errorType?: string; errorMessage?: string };
  return Object.assign(new Error(errorMessage), { name: errorType ?? "Error" });
};
