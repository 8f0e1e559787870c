import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LogDetector } from "@tidewatch/core/log/detector";
import { type LogPorts, logBatch } from "@tidewatch/core/log/stage/run";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import { stopwatch, watchMemory } from "./measure.ts";

const USAGE = `Measures memory of the consumer of logs while very many sessions are open: they live in the table.

  node bench/log-stage-memory.ts --sessions 1000000

Every session gets a first line, then every one a second, in batches of 1,000 records, through the stage and into a table
of SQLite, all in this process.`;

const { values: options } = parseArgs({
  options: { sessions: { type: "string", default: "1000000" }, help: { type: "boolean", short: "h" } },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

const T0 = Date.UTC(2026, 0, 1);
const BATCH = 1000;
const LINES = [
  (job: number) => `INFO Scheduler: started job_${job} on node ${(job * 7) % 10}`,
  (job: number) => `INFO Reader: read ${job * 31} rows for job_${job}`,
];
const encoder = new TextEncoder();
const recordOf = (number: number, message: string): StreamRecord => ({
  ...{ shardId: "shardId-000000000000", sequenceNumber: String(10n ** 55n + BigInt(number)), partitionKey: "worker-1" },
  data: encoder.encode(JSON.stringify({ type: "log", entity: "worker-1", timestamp: T0 + number, message })),
  arrivalMs: T0 + number,
});

const folder = mkdtempSync(join(tmpdir(), "tidewatch-bench-"));
const opened = openSqliteTable(join(folder, "table.db"), { now: () => T0 });
try {
  const detector = LogDetector.parse({
    id: "jobs",
    match: { type: "log" },
    session: { key: { pattern: "job_\\d+" }, idleSeconds: 86_400 },
  });
  const ports: LogPorts = {
    table: opened.table,
    inflate: () => new Uint8Array(),
    detectors: async () => [detector],
    modelOf: async () => undefined,
  };
  const sessions = Number(options.sessions);
  const before = process.memoryUsage.rss();
  const peak = watchMemory();
  const time = stopwatch();
  let lines = 0;
  for (const line of LINES) {
    for (let first = 0; first < sessions; first += BATCH) {
      const jobs = Array.from({ length: Math.min(BATCH, sessions - first) }, (_, index) => first + index);
      const { failed } = await logBatch(
        ports,
        jobs.map((job) => recordOf(lines++, line(job))),
      );
      if (failed.length > 0) throw new Error(failed[0]!.reason);
      // The table's calls leave no room for timers.
      await new Promise(setImmediate);
    }
  }
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(
    [
      `${sessions} sessions open in the table, ${lines} lines`,
      `most memory ${megabytes(peak())} (${megabytes(before)} before the first line)`,
      `${(lines / time().cpuSeconds / 1000).toFixed(1)}k lines per CPU second`,
    ].join(" · "),
  );
} finally {
  opened.close();
  rmSync(folder, { recursive: true });
}
