import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promote, registerModel, reserveVersion } from "@tidewatch/core/register/models";
import { putDetector } from "@tidewatch/core/store/detectors";
import type { StreamEntry } from "@tidewatch/core/store/ports";
import { readHead } from "@tidewatch/core/store/read-series";
import { type Pipeline, startPipeline } from "@tidewatch/local/runtime/pipeline";
import { quantile, stopwatch, watchMemory } from "./measure.ts";
import { benchDetector, benchEntries, benchModel, ENTITIES, T0 } from "./workload.ts";

/** Records of one put, as Kinesis limits them. */
const RECORDS_PER_PUT = 500;
/** The producer waits while the consumers are this far behind, so that the figures are those of a steady flow. */
const MAX_LAG = 100_000;
const LAG_CHECK_EVERY = 20_000;
const LAG_POLL_MS = 5;

/** A pipeline in a folder of its own, with the benchmark's detector and model. */
const withPipeline = async <T>(run: (pipeline: Pipeline) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), "tidewatch-bench-"));
  const pipeline = await startPipeline({ directory, log: (entry) => console.error(JSON.stringify(entry)) });
  try {
    const detector = benchDetector();
    await putDetector(pipeline.table, detector, undefined);
    await reserveVersion(pipeline, detector.id);
    await registerModel(pipeline, await benchModel(detector));
    await promote(pipeline, detector.id, 1, T0, { by: "test", reason: "test" });
    return await run(pipeline);
  } finally {
    await pipeline.close();
    await rm(directory, { recursive: true, force: true });
  }
};

const lagOf = ({ consumers }: Pipeline): number => Math.max(...consumers().map(({ lag }) => lag));

/** Puts events as fast as they are taken, until each is archived and scored and both are durable. */
export const throughputBench = (events: number) =>
  withPipeline(async (pipeline) => {
    const peakBytes = watchMemory();
    const time = stopwatch();
    let put = 0;
    let batch: StreamEntry[] = [];
    for (const entry of benchEntries(events)) {
      batch.push(entry);
      if (batch.length < RECORDS_PER_PUT) continue;
      await pipeline.stream.putMany(batch);
      put += batch.length;
      batch = [];
      while (put % LAG_CHECK_EVERY === 0 && lagOf(pipeline) > MAX_LAG) await sleep(LAG_POLL_MS);
    }
    await pipeline.stream.putMany(batch);
    await pipeline.drained();
    const { wallSeconds, cpuSeconds } = time();
    const { archive, score } = await pipeline.status();
    if (archive.archived !== events || score.deliveries !== events) throw new Error("the counts do not add up");
    return {
      events,
      eventsPerSecond: events / wallSeconds,
      cpuMicrosPerEvent: (cpuSeconds * 1e6) / events,
      peakMegabytes: peakBytes() / 2 ** 20,
    };
  });

/** Time from a put until the series shows the event, at a steady rate; a probe among the others once in a while. */
export const latencyBench = ({ eventsPerSecond = 1000, seconds = 20 } = {}) =>
  withPipeline(async (pipeline) => {
    const { stream, table } = pipeline;
    const tickMs = 20;
    const perTick = Math.round((eventsPerSecond * tickMs) / 1000);
    const entries = [...benchEntries(eventsPerSecond * seconds)];
    const latencies: number[] = [];
    const probes: Promise<void>[] = [];
    const startedMs = performance.now();
    for (let tick = 0; tick * perTick < entries.length; tick++) {
      await sleep(Math.max(0, startedMs + tick * tickMs - performance.now()));
      const putMs = performance.now();
      const first = tick * perTick;
      await stream.putMany(entries.slice(first, first + perTick));
      const probe = {
        entity: `host-${String(first % ENTITIES).padStart(5, "0")}`,
        events: Math.floor(first / ENTITIES) + 1,
      };
      probes.push(untilReadable(table, probe).then((readMs) => void latencies.push(readMs - putMs)));
    }
    await Promise.all(probes);
    latencies.sort((a, b) => a - b);
    return {
      eventsPerSecond,
      probes: latencies.length,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
    };
  });

const READ_POLL_MS = 2;
const untilReadable = async (table: Pipeline["table"], probe: { entity: string; events: number }): Promise<number> => {
  for (;;) {
    const head = await readHead(table, benchDetector().id, probe.entity);
    if (head && head.counts.events >= probe.events) return performance.now();
    await sleep(READ_POLL_MS);
  }
};
