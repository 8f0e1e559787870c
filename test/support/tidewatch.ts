import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { text } from "node:stream/consumers";

/** Hundreds of processes load the same modules: compiled once, each takes half the time to start. */
const NODE_COMPILE_CACHE = join(tmpdir(), "tidewatch-test-compile-cache");
const MAIN = join(import.meta.dirname, "../../packages/cli/src/main.ts");

export type Finished = { code: number | null; stdout: string; stderr: string };
/** `keepInput`: its standard input stays open, to be written to. */
type Options = { input?: string | Uint8Array; keepInput?: true; cwd?: string; env?: Record<string, string> };
export type Running = { finished: Promise<Finished>; stdin: Writable; kill: (signal: NodeJS.Signals) => void };

/** Starts the command line program as its users do: a process of its own. */
export const startTidewatch = (args: string[], options: Options = {}): Running => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: {
      ...process.env,
      NODE_COMPILE_CACHE,
      TIDEWATCH_URL: "",
      TIDEWATCH_API_KEY: "",
      ...options.env,
      NO_COLOR: "1",
    },
  });
  // A command that fails at once does not read its input.
  child.stdin.on("error", () => undefined);
  if (!options.keepInput) child.stdin.end(options.input);
  const closed = new Promise<number | null>((done) => child.once("close", (code) => done(code)));
  const finished = Promise.all([closed, text(child.stdout), text(child.stderr)]).then(([code, stdout, stderr]) => ({
    code,
    stdout,
    stderr,
  }));
  return { finished, stdin: child.stdin, kill: (signal) => child.kill(signal) };
};

export const tidewatch = (args: string[], options: Options = {}) => startTidewatch(args, options).finished;
