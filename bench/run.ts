import { parseArgs } from "node:util";
import { METRICS, type Service } from "@tidewatch/functions/metrics";
import type { HandlerMs } from "./cost-cpu.ts";
import { jsonParseLimit, modelLimit, sqliteLimit } from "./limits.ts";
import { latencyBench, throughputBench } from "./pipeline.ts";
import { modelMicros, stageBench } from "./stage.ts";

const USAGE = `Measures Tidewatch on this machine, beside what limits it, in one run.

  npm run bench                        the full run, a few minutes
  npm run bench -- --events 200000     fewer events through the pipeline (default 2,000,000)
  npm run bench -- --only stage        one of throughput, latency, stage, logs, dataset, cost
  npm run bench -- --json              for programs`;

const { values: options } = parseArgs({
  options: {
    events: { type: "string", default: "2000000" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

type Row = { measure: string; value: number; unit: string; budget: string; isWithin: boolean | undefined };
const row = (measure: string, value: number, unit: string, budget = "", isWithin?: boolean): Row => ({
  measure,
  value: Number(value.toPrecision(4)),
  unit,
  budget,
  isWithin,
});
const atLeast = (limit: number, measure: string, value: number, unit: string) =>
  row(measure, value, unit, `≥ ${limit}`, value >= limit);
const atMost = (limit: number, measure: string, value: number, unit: string) =>
  row(measure, value, unit, `≤ ${limit}`, value <= limit);

/** Rows of each series in a batch of the stage: with the default window, and when much has to be caught up with. */
const ROWS_PER_BATCH = [1, 30];

const LOG_LINES = 600_000;
const DATASET_EVENTS = 10_000_000;

const BENCHES: Record<string, () => Promise<Row[]>> = {
  throughput: async () => {
    const result = await throughputBench(Number(options.events));
    return [
      atLeast(
        25_000,
        `put → archived and scored, durable (${result.events} events)`,
        result.eventsPerSecond,
        "events/s",
      ),
      atMost(40, "  CPU, producer included", result.cpuMicrosPerEvent, "µs/event"),
      atMost(500, "  peak memory", result.peakMegabytes, "MB"),
      row("  limit: JSON.parse of the same bytes, one thread", jsonParseLimit(), "events/s"),
      row("  limit: model alone, one thread", await modelLimit(), "rows/s"),
      row("  limit: SQLite inserts alone, a row an event", sqliteLimit(), "rows/s"),
    ];
  },
  latency: async () => {
    const result = await latencyBench();
    return [
      atMost(500, `put → result readable at ${result.eventsPerSecond} events/s, p99`, result.p99Ms, "ms"),
      row("  median", result.p50Ms, "ms"),
    ];
  },
  stage: async () => {
    const stage = "stage without I/O (decode → feature → score → encode), CPU";
    const rows: Row[] = [];
    for (const family of ["isolation-forest", "stream"] as const) {
      for (const rowsPerBatch of ROWS_PER_BATCH) {
        const batches = Math.max(...ROWS_PER_BATCH) * (10 / rowsPerBatch);
        const result = await stageBench({ family, rowsPerBatch, batches });
        const of = `${family}, ${rowsPerBatch} of a series in a batch`;
        const { cpuMicrosPerEvent, jsonParseMicros } = result;
        rows.push(
          family === "isolation-forest" && rowsPerBatch > 1
            ? atMost(8, `${stage}: ${of}`, cpuMicrosPerEvent, "µs/event")
            : row(`${stage}: ${of}`, cpuMicrosPerEvent, "µs/event"),
          row("  JSON.parse of the same bytes", jsonParseMicros, "µs/event"),
          row("  so many times JSON.parse", cpuMicrosPerEvent / jsonParseMicros, "times"),
        );
      }
    }
    return [...rows, row("  limit: the forest alone", await modelMicros(), "µs/event")];
  },
  logs: async () => {
    const { logPipelineBench } = await import("./log-pipeline.ts");
    const result = await logPipelineBench(LOG_LINES);
    return [
      atLeast(15_000, `raw log → verdicts, durable (${result.lines} lines)`, result.linesPerSecond, "lines/s"),
      row("  CPU, producer included", result.cpuMicrosPerLine, "µs/line"),
      row("  peak memory", result.peakMegabytes, "MB"),
    ];
  },
  dataset: async () => {
    const { datasetBench } = await import("./dataset.ts");
    const { events, archive, tail, compact, freeze, read } = await datasetBench(DATASET_EVENTS);
    const seconds = freeze.seconds + read.seconds;
    return [
      atMost(60, `archive, compacted → dataset → training vectors (${events} events)`, seconds, "s"),
      row("  share of the limit", seconds / 60, "times"),
      row("  events a second", events / seconds, "events/s"),
      atMost(1536, "  peak memory", Math.max(freeze.peakMegabytes, read.peakMegabytes), "MB"),
      row("  of these: freeze", freeze.seconds, "s"),
      row("  of these: read, check, vectors", read.seconds, "s"),
      row("  freeze of objects as they arrived, none compacted", tail.seconds, "s"),
      row("    peak memory", tail.peakMegabytes, "MB"),
      row("  compaction: hours, then days", compact.seconds, "s"),
      row("    peak memory", compact.peakMegabytes, "MB"),
      row("    archive objects", archive.bytes / events, "bytes/event"),
      // Each event is written twice: to its hour, then to its day.
      row("    compacted files", compact.bytes / 2 / events, "bytes/event"),
    ];
  },
  cost: async () => {
    // Here, because they bring the AWS SDK with them: 60 MB that are not the pipeline's.
    const { cpuBench } = await import("./cost-cpu.ts");
    const { logBytes } = await import("./cost-logs.ts");
    const { sizesBench } = await import("./cost-sizes.ts");
    const { checksBench, compactBench } = await import("./cost-learning.ts");
    const { logSizesBench } = await import("./cost-log-sizes.ts");
    const { FAMILIES_MEASURED, MEASURED_FAMILIES } = await import("@tidewatch/cli/cost/measured-detectors");
    const detectors = MEASURED_FAMILIES.flatMap((family) =>
      FAMILIES_MEASURED[family].map(({ metrics }) => [family, metrics] as const),
    );
    const rows: Row[] = [];
    for (const [family, metrics] of detectors) {
      const sizes = Object.entries(await sizesBench(family, metrics));
      rows.push(
        ...sizes.map(([name, value]) => row(`${family} over ${metrics}: ${name}`, value, COST_UNITS[name] ?? "bytes")),
      );
    }
    const compacted = await compactBench();
    const checks = await checksBench();
    const { score, archive, log } = await cpuBench(detectors);
    return [
      ...rows,
      ...Object.entries(await logSizesBench()).map(([name, value]) =>
        row(`log lines: ${name}`, value, name.endsWith("Units") ? "units" : "bytes"),
      ),
      ...Object.entries(log).map(([name, value]) => row(`log lines: CPU ${name}`, value, "ms")),
      ...score.flatMap(({ family, metrics, ms }) => handlerRows(`${family} over ${metrics}: score`, ms)),
      ...handlerRows("for the cost: archive", archive),
      row("for the cost: compacted archive", compacted.bytesPerEvent, "bytes/event"),
      row("for the cost: compaction", compacted.perThousandEvents, "ms/1000 events"),
      row("for the cost: drift check of an hour", checks.driftMs, "ms/1000 series"),
      row("for the cost: five minutes in shadow", checks.shadowMs, "ms/1000 series"),
      row("for the cost: item of a series in shadow", checks.shadowBytes, "bytes"),
      ...(Object.keys(METRICS) as Service[]).map((service) =>
        row(`for the cost: log line of ${service}`, logBytes(service), "bytes"),
      ),
    ];
  },
};

const COST_UNITS: Record<string, string> = { rowsPerChunk: "rows" };
for (const item of ["head", "chunk", "learnt", "anomaly"]) COST_UNITS[`${item}WriteUnits`] = "units";
COST_UNITS.learntReadUnits = "units";

const handlerRows = (name: string, { perInvocation, perThousandEvents, perThousandSeries }: HandlerMs): Row[] => [
  row(`${name}, CPU an invocation`, perInvocation, "ms"),
  row(`${name}, CPU a thousand events`, perThousandEvents, "ms"),
  ...(perThousandSeries > 0 ? [row(`${name}, CPU a thousand series`, perThousandSeries, "ms")] : []),
];

const run = async (): Promise<void> => {
  if (options.help) return console.log(USAGE);
  const names = options.only ? [options.only] : Object.keys(BENCHES);
  const rows: Row[] = [];
  for (const name of names) {
    const bench = BENCHES[name];
    if (!bench || !(Number(options.events) > 0)) {
      console.error(`Unknown benchmark or number of events.\n\n${USAGE}`);
      process.exitCode = 2;
      return;
    }
    if (!options.json) console.error(`Measuring ${name} …`);
    rows.push(...(await bench()));
  }
  if (options.json)
    console.log(JSON.stringify({ node: process.version, cpus: navigator.hardwareConcurrency, rows }, null, 2));
  else console.log(table(rows));
};

const table = (rows: readonly Row[]): string => {
  const width = Math.max(...rows.map(({ measure }) => measure.length));
  return rows
    .map(({ measure, value, unit, budget, isWithin }) => {
      const verdict = isWithin === undefined ? "" : isWithin ? "  within" : "  MISSED";
      return `${measure.padEnd(width)}  ${value.toLocaleString("en-US").padStart(12)} ${unit.padEnd(9)} ${budget}${verdict}`;
    })
    .join("\n");
};

await run();
