import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { DatasetQuery } from "@tidewatch/core/dataset/dataset";
import { featureNames } from "@tidewatch/core/detector";
import { archiveFolder } from "@tidewatch/core/ingest/archive";
import { withArrivals } from "@tidewatch/core/ingest/arrivals";
import { collectVectors } from "@tidewatch/core/model/dataset";
import { randomOf } from "@tidewatch/core/model/random";
import { compactArchive } from "@tidewatch/functions/dataset/compact";
import { archiveDatasets } from "@tidewatch/functions/dataset/datasets";
import { fileBlobs } from "@tidewatch/local/blobs/file-blobs";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import { benchDetector, ENTITIES, T0 } from "./workload.ts";

/** One step of the dataset benchmark, in a process of its own, so that its memory is its own: prints JSON. */

const [step = "", folder = "", count = "0", hash = ""] = process.argv.slice(2);
const events = Number(count);
const blobs = fileBlobs(`${folder}/objects`);
/** Of each entity every ten seconds. */
const INTERVAL_MS = 10_000;
const SHARDS = 4;
const OBJECT_EVENTS = 2000;
const DAY_MS = 86_400_000;

const query = DatasetQuery.parse({
  detector: benchDetector(),
  fromMs: T0,
  toMs: T0 + Math.ceil(events / ENTITIES) * INTERVAL_MS,
  exclude: [],
  maxRows: events,
});

/** Objects as the archive writes them: each of one shard and one hour. */
const generate = async (): Promise<object> => {
  const random = randomOf(1);
  const open = new Map<number, { key: string; lines: string[]; arrivals: number[] }>();
  let objects = 0;
  let bytes = 0;
  const close = async (shard: number): Promise<void> => {
    const one = open.get(shard);
    if (!one) return;
    open.delete(shard);
    const packed = gzipSync(`${one.lines.join("\n")}\n`, { level: 1 });
    objects++;
    bytes += packed.length;
    await blobs.put(one.key, withArrivals(packed, one.arrivals));
  };
  for (let at = 0; at < events; at++) {
    const entity = at % ENTITIES;
    const timestamp = T0 + Math.floor(at / ENTITIES) * INTERVAL_MS + entity;
    const arrivalMs = timestamp + 500;
    const shard = entity % SHARDS;
    const shardId = `shardId-${String(shard).padStart(12, "0")}`;
    const keyFolder = archiveFolder("events", arrivalMs);
    const one = open.get(shard);
    if (one && (one.lines.length >= OBJECT_EVENTS || !one.key.startsWith(`${keyFolder}/`))) await close(shard);
    const key = `${keyFolder}/${shardId}-${String(10n ** 55n + BigInt(at))}.ndjson.gz`;
    const object = open.get(shard) ?? { key, lines: [], arrivals: [] };
    open.set(shard, object);
    const values = {
      cpu: round(random.unit() * 100),
      memory: round(random.unit() * 100),
      load: round(random.unit() * 8),
    };
    object.lines.push(
      JSON.stringify({ type: "metric", entity: `host-${String(entity).padStart(5, "0")}`, timestamp, values }),
    );
    object.arrivals.push(arrivalMs);
  }
  for (const shard of open.keys()) await close(shard);
  return { objects, bytes };
};
const round = (value: number): number => Math.round(value * 100) / 100;

const later = () => query.toMs + 10 * DAY_MS;
const datasets = () => {
  const { table } = openSqliteTable(`${folder}/table.sqlite`, { now: Date.now });
  return archiveDatasets({ table, blobs, clock: later });
};

const steps: Record<string, () => Promise<object>> = {
  generate,
  compact: async () => await compactArchive({ blobs, clock: later }, later()),
  freeze: async () => await datasets().freeze(query),
  read: async () => {
    const { series } = await datasets().read(hash);
    const features = featureNames(query.detector);
    const vectors = collectVectors({ features, shingleSize: 1, maxRows: events, series }, 1);
    return { vectors: vectors.count };
  },
};

const startedMs = performance.now();
const answer = await steps[step]!();
const seconds = (performance.now() - startedMs) / 1000;
/** The kernel's own mark of the highest resident memory. */
const [, kilobytes = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
console.log(JSON.stringify({ ...answer, seconds, peakMegabytes: Number(kilobytes) / 1024 }));
process.exit(0);
