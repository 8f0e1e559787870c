import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const MAIN = join(import.meta.dirname, "../../packages/cli/src/main.ts");

export type Finished = { code: number | null; stdout: string; stderr: string };
type Options = { input?: string | Uint8Array; cwd?: string; env?: Record<string, string> };
export type Running = { finished: Promise<Finished>; kill: (signal: NodeJS.Signals) => void };

/** Starts the command line program as its users do: a process of its own. */
export const startTidewatch = (args: string[], options: Options = {}): Running => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: { ...process.env, TIDEWATCH_URL: "", TIDEWATCH_API_KEY: "", ...options.env, NO_COLOR: "1" },
  });
  // A command that fails at once does not read its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input);
  const closed = new Promise<number | null>((done) => child.once("close", (code) => done(code)));
  const finished = Promise.all([closed, text(child.stdout), text(child.stderr)]).then(([code, stdout, stderr]) => ({
    code,
    stdout,
    stderr,
  }));
  return { finished, kill: (signal) => child.kill(signal) };
};

export const tidewatch = (args: string[], options: Options = {}) => startTidewatch(args, options).finished;
