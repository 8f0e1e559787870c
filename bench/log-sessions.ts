import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const USAGE = `Measures memory while very many sessions are open at once.

  node bench/log-sessions.ts                    1,000,000 sessions
  node bench/log-sessions.ts --sessions 50000

Writes a log in which every session has its first line before any has its second, and so on, and one in a thousand lacks
one; then runs "tidewatch logs score" on it, and prints the most memory that the command had (RSS), beside that for one
session.`;

const { values: options } = parseArgs({
  options: { sessions: { type: "string", default: "1000000" }, help: { type: "boolean", short: "h" } },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

const STEPS = [
  (key: string, at: number) => `NameSystem.allocateBlock: /user/root/part-${at % 1000} ${key}`,
  (key: string, at: number) =>
    `Receiving block ${key} src: /10.250.${at % 256}.7:5010 dest: /10.251.${at % 199}.9:50010`,
  (key: string) => `PacketResponder 1 for block ${key} terminating`,
  (key: string, at: number) => `Received block ${key} of size ${at * 17} from /10.250.${at % 256}.7`,
  (key: string, at: number) =>
    `NameSystem.addStoredBlock: 10.251.${at % 199}.9:50010 is added to ${key} size ${at * 17}`,
];
const ODD_EVERY = 1000;
const keyOf = (session: number): string => `blk_${(BigInt(session) * 0x9e3779b97f4a7c15n) % 2n ** 63n}`;

const writeLog = async (path: string, sessions: number): Promise<number> => {
  const out = createWriteStream(path);
  let lines = 0;
  for (const [step, text] of STEPS.entries()) {
    for (let session = 0; session < sessions; session++) {
      if (step === 3 && session % ODD_EVERY === 0) continue;
      const time = new Date(Date.UTC(2026, 0, 1) + lines++).toISOString().replace("T", " ").replace("Z", "");
      if (!out.write(`${time} INFO dfs.Store: ${text(keyOf(session), session)}\n`)) await once(out, "drain");
    }
  }
  out.end();
  await once(out, "finish");
  return lines;
};

const COMMAND = join(import.meta.dirname, "../packages/cli/src/main.ts");
const TELL = `process.on("exit", () => console.error("most memory", process.resourceUsage().maxRSS));`;

/** The most memory that the command had, and what it says it did. */
const judge = (input: string, output: string, flags: readonly string[]): { megabytes: number; told: string } => {
  const args = ["logs", "score", "-i", input, "-o", output, "-s", "blk_\\d+"];
  const run = spawnSync(process.execPath, [...flags, "--import", `data:text/javascript,${TELL}`, COMMAND, ...args]);
  const stderr = run.stderr.toString();
  const [, kilobytes] = /most memory (\d+)/.exec(stderr) ?? [];
  if (run.status !== 0 || kilobytes === undefined) throw new Error(stderr);
  return { megabytes: Number(kilobytes) / 1000, told: /.* scored, .*/.exec(stderr)?.[0] ?? "" };
};

/** Left alone, V8 lets garbage grow to several times of what is alive: told to stay small, it collects. */
const SMALL = "--max-old-space-size=128";
const RUNS: [number, ...string[]][] = [[1], [Number(options.sessions), SMALL], [Number(options.sessions)]];

const folder = mkdtempSync(join(tmpdir(), "tidewatch-bench-"));
try {
  const [input, output] = [join(folder, "open.log"), join(folder, "verdicts.csv")];
  for (const [sessions, ...flags] of RUNS) {
    const lines = await writeLog(input, sessions);
    const startedMs = performance.now();
    const { megabytes, told } = judge(input, output, flags);
    const seconds = (performance.now() - startedMs) / 1000;
    const size = (statSync(input).size / 1e6).toFixed(1);
    console.log(
      [
        `${sessions} sessions open at once, ${lines} lines (${size} MB)`,
        `most memory ${megabytes.toFixed(0)} MB${flags.map((flag) => ` with ${flag}`).join("")}`,
        `${seconds.toFixed(0)} s`,
        told,
      ].join(" · "),
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
