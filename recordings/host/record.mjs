// Makes the recording again, on the machine it runs on: `node recordings/host/record.mjs OUTPUT_DIRECTORY [--quick]`.
// It takes about 80 minutes, 10 GB of free disk and 9 GB of free memory; --quick shortens every period to a twentieth.
// The plan (order, lengths, gaps) comes from a fixed seed; what the machine does with it is what is recorded.
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const output = resolve(process.argv[2] ?? "recording");
const pace = process.argv.includes("--quick") ? 1 / 20 : 1;
const here = import.meta.dirname;
const scratch = mkdtempSync(join(tmpdir(), "tidewatch-recording-"));
const PORT = "48123";
mkdirSync(output, { recursive: true });

/** mulberry32: the plan is the same on every machine. */
const random = ((state) => () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
})(20261121);
const between = (low, high) => low + (high - low) * random();

const KINDS = ["cpu-hog", "memory-leak", "disk-fill", "io-storm", "process-storm", "network-burst", "stall"];
const WORK = ["install", "build", "compress", "search"];
const shuffled = (list) =>
  list
    .map((item) => [random(), item])
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);

const children = new Set();
const start = (kind, seconds) => {
  const child = spawn(process.execPath, [join(here, "faults.mjs"), kind, scratch, String(seconds)], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, SERVICE_PORT: PORT },
    cwd: join(here, "../.."),
  });
  children.add(child);
  return { child, done: new Promise((done) => child.once("exit", () => done(children.delete(child)))) };
};
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});
process.once("SIGINT", () => process.exit(130));

const note = (entry) => {
  appendFileSync(join(output, "log.ndjson"), `${JSON.stringify(entry)}\n`);
  console.log(new Date().toISOString(), JSON.stringify(entry));
};

const DAY_SECONDS = 86_400;
const service = start("service", DAY_SECONDS);
await sleep(500);
start("client", DAY_SECONDS);
const collector = spawn(
  process.execPath,
  [
    join(here, "../../packages/cli/src/main.ts"),
    "collect",
    "-i",
    "1",
    "-e",
    "recorded-host",
    "-o",
    join(output, "host.ndjson"),
    "-p",
    scratch,
  ],
  { stdio: "inherit" },
);
children.add(collector);

const startedAtMs = Date.now();
const busy = [];
const faults = [];

/** Everyday work somewhere in a gap, ended before the gap is. */
const gap = async (seconds, workShare) => {
  const endsAtMs = Date.now() + seconds * pace * 1000;
  if (random() < workShare) {
    await sleep(between(8, 25) * pace * 1000);
    const kind = WORK[Math.floor(random() * WORK.length)];
    const period = { kind, startMs: Date.now(), endMs: 0 };
    await start(kind, 60).done;
    period.endMs = Date.now();
    busy.push(period);
    note({ busy: period });
  }
  await sleep(Math.max(20 * pace * 1000, endsAtMs - Date.now()));
};

const fault = async (kind, seconds) => {
  const episode = { kind, startMs: Date.now(), endMs: 0 };
  if (kind === "stall") {
    service.child.kill("SIGSTOP");
    await sleep(seconds * 1000);
    service.child.kill("SIGCONT");
  } else await start(kind, seconds).done;
  episode.endMs = Date.now();
  faults.push(episode);
  note({ fault: episode });
};

for (let i = 0; i < 10; i++) await gap(between(80, 110), 0.7);
for (const kind of [...shuffled(KINDS), ...shuffled(KINDS), ...shuffled(KINDS)]) {
  await fault(kind, Math.round(between(50, 85) * Math.max(pace, 0.1)));
  await gap(between(90, 130), 0.6);
}
collector.kill("SIGINT");
await new Promise((done) => collector.once("exit", done));
writeFileSync(
  join(output, "labels.json"),
  `${JSON.stringify({ entity: "recorded-host", startMs: startedAtMs, endMs: Date.now(), faults, busy }, null, 2)}\n`,
);
process.exit(0);
