import { Detector } from "@tidewatch/core/detector";
import { featureHash } from "@tidewatch/core/feature/hash";
import { decodeEvent } from "@tidewatch/core/ingest/decode";
import { randomOf } from "@tidewatch/core/model/random";
import { loadScorer } from "@tidewatch/core/model/scorer";
import { type ScorePorts, scoreBatch } from "@tidewatch/core/score/run";
import type { Item, ItemKey, StreamRecord, Table } from "@tidewatch/core/store/ports";
import { fitDetector } from "@tidewatch/core/train/fit";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";

/** The stage without I/O: decode → feature → score → encode, over a table that only keeps references. */
export type StageResult = {
  events: number;
  recordsPerBatch: number;
  /** CPU time of this process, all threads, per event. */
  cpuMicrosPerEvent: number;
  wallMicrosPerEvent: number;
  anomalies: number;
  /** The same bytes, parsed and no more; decoded and no more; the model's run alone. */
  jsonParseMicros: number;
  decodeMicros: number;
  modelMicros: number;
};

const METRICS = ["cpu", "memory", "load"];
const T0 = Date.UTC(2026, 10, 20, 10);
const SECOND_MS = 1000;

export const stageBench = async ({ entities = 1000, recordsPerBatch = 10_000, batches = 20 } = {}) => {
  const detector = Detector.parse({ id: "bench", features: METRICS.map((metric) => ({ metric })) });
  const scorer = await trainedScorer(detector);
  const { table, keep } = referenceTable();
  const ports: ScorePorts = { table, detectors: async () => [detector], scorerOf: async () => scorer };
  const all = madeRecords(entities, recordsPerBatch * (batches + 2));
  const batchOf = (index: number) => all.slice(index * recordsPerBatch, (index + 1) * recordsPerBatch);
  let anomalies = 0;
  // Two batches warm the compiler up.
  for (let index = 0; index < 2; index++) await scoreBatch(ports, batchOf(index));
  const time = timer();
  for (let index = 2; index < batches + 2; index++) {
    anomalies += (await scoreBatch(ports, batchOf(index))).series.anomalies;
    keep();
  }
  const events = recordsPerBatch * batches;
  const { cpuMicros, wallMicros } = time();
  const used = all.slice(recordsPerBatch * 2);
  const result: StageResult = {
    ...{ events, recordsPerBatch, anomalies },
    cpuMicrosPerEvent: cpuMicros / events,
    wallMicrosPerEvent: wallMicros / events,
    jsonParseMicros: perEvent(used, ({ data }) => JSON.parse(decoder.decode(data))),
    decodeMicros: perEvent(used, ({ data }) => decodeEvent(data)),
    modelMicros: await modelMicros(scorer, recordsPerBatch),
  };
  return result;
};

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const trainedScorer = async (detector: Detector) => {
  const random = randomOf(1);
  const rows = Array.from({ length: 20_000 }, () => usual(random.unit));
  const options = { version: 1, seed: 1, nowMs: T0, featureHash: featureHash(detector) };
  const timestamps = rows.map((_, row) => T0 + row * SECOND_MS);
  const { manifest, onnx } = fitDetector(detector, [{ timestamps, rows }], options);
  return await loadScorer(onnxRuntime(), manifest, onnx);
};

const usual = (next: () => number) => [next() + next() + next(), next() + next(), next()].map((x) => x * 30);

const madeRecords = (entities: number, count: number): StreamRecord[] => {
  const random = randomOf(2);
  return Array.from({ length: count }, (_, number) => {
    const values = Object.fromEntries(
      usual(random.unit).map((value, at) => [METRICS[at], Math.round(value * 1e4) / 1e4]),
    );
    const timestamp = T0 + Math.floor(number / entities) * SECOND_MS;
    const entity = `host-${String(number % entities).padStart(5, "0")}`;
    return {
      shardId: "shardId-000000000000",
      sequenceNumber: String(10n ** 55n + BigInt(number)),
      partitionKey: entity,
      data: encoder.encode(JSON.stringify({ type: "metric", entity, timestamp, values })),
      arrivalMs: timestamp,
    };
  });
};

/** Holds heads by reference, and side items until `keep` is called: what a real table costs is measured elsewhere. */
const referenceTable = () => {
  const items = new Map<string, Item>();
  const keyOf = ({ pk, sk }: ItemKey) => `${pk}\n${sk}`;
  const table: Table = {
    getMany: async (keys) => keys.map((key) => items.get(keyOf(key))),
    putMany: async (puts) => {
      for (const { item } of puts) items.set(keyOf(item), item);
      return puts.map(() => "written");
    },
    query: async () => [],
  };
  const keep = () => {
    for (const [key, item] of items) if (item.sk.startsWith("CHUNK#")) items.delete(key);
  };
  return { table, keep };
};

const timer = () => {
  const cpu = process.cpuUsage();
  const started = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { cpuMicros: user + system, wallMicros: (performance.now() - started) * 1000 };
  };
};

const perEvent = (records: readonly StreamRecord[], work: (record: StreamRecord) => unknown): number => {
  const time = timer();
  for (const one of records) work(one);
  return time().cpuMicros / records.length;
};

const modelMicros = async (scorer: Awaited<ReturnType<typeof trainedScorer>>, rowCount: number): Promise<number> => {
  const random = randomOf(3);
  const vectors = new Float32Array(rowCount * METRICS.length).map(() => random.unit() * 4 - 2);
  await scorer.score(vectors, rowCount);
  const runs = 10;
  const time = timer();
  for (let run = 0; run < runs; run++) await scorer.score(vectors, rowCount);
  return time().cpuMicros / runs / rowCount;
};

if (import.meta.main) {
  for (const recordsPerBatch of [1000, 10_000]) {
    console.table(await stageBench({ recordsPerBatch, batches: 100_000 / recordsPerBatch }));
  }
}
