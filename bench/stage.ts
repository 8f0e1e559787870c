import { decodeEvent } from "@tidewatch/core/ingest/decode";
import { loadScorer, type Scorer } from "@tidewatch/core/model/scorer";
import { type ScorePorts, scoreBatch } from "@tidewatch/core/score/run";
import type { Item, ItemKey, StreamRecord, Table } from "@tidewatch/core/store/ports";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { type Cost, stopwatch } from "./measure.ts";
import { benchDetector, benchEntries, benchModel, benchVectors, T0 } from "./workload.ts";

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

export const stageBench = async ({ recordsPerBatch = 10_000, batches = 20 } = {}) => {
  const detector = benchDetector();
  const { manifest, onnx } = await benchModel(detector);
  const scorer = await loadScorer(onnxRuntime(), manifest, onnx);
  const { table, keep } = referenceTable();
  const ports: ScorePorts = { table, detectors: async () => [detector], scorerOf: async () => scorer };
  const all = madeRecords(recordsPerBatch * (batches + 2));
  const batchOf = (index: number) => all.slice(index * recordsPerBatch, (index + 1) * recordsPerBatch);
  let anomalies = 0;
  // Two batches warm the compiler up.
  for (let index = 0; index < 2; index++) await scoreBatch(ports, batchOf(index));
  const time = stopwatch();
  for (let index = 2; index < batches + 2; index++) {
    anomalies += (await scoreBatch(ports, batchOf(index))).series.anomalies;
    keep();
  }
  const events = recordsPerBatch * batches;
  const { cpuSeconds, wallSeconds } = time();
  const used = all.slice(recordsPerBatch * 2);
  const result: StageResult = {
    ...{ events, recordsPerBatch, anomalies },
    cpuMicrosPerEvent: (cpuSeconds * 1e6) / events,
    wallMicrosPerEvent: (wallSeconds * 1e6) / events,
    jsonParseMicros: perEvent(used, ({ data }) => JSON.parse(decoder.decode(data))),
    decodeMicros: perEvent(used, ({ data }) => decodeEvent(data)),
    modelMicros: await modelMicros(scorer, recordsPerBatch),
  };
  return result;
};

const decoder = new TextDecoder();
const madeRecords = (count: number): StreamRecord[] =>
  Array.from(benchEntries(count), ({ partitionKey, data }, number) => ({
    shardId: "shardId-000000000000",
    sequenceNumber: String(10n ** 55n + BigInt(number)),
    partitionKey,
    data,
    arrivalMs: T0 + number,
  }));

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

const microsPer = ({ wallSeconds }: Cost, count: number): number => (wallSeconds * 1e6) / count;

const perEvent = (records: readonly StreamRecord[], work: (record: StreamRecord) => unknown): number => {
  const time = stopwatch();
  for (const one of records) work(one);
  return microsPer(time(), records.length);
};

const modelMicros = async (scorer: Scorer, rowCount: number): Promise<number> => {
  const vectors = benchVectors(scorer.manifest, rowCount);
  await scorer.score(vectors, rowCount);
  const runs = 10;
  const time = stopwatch();
  for (let run = 0; run < runs; run++) await scorer.score(vectors, rowCount);
  return microsPer(time(), runs * rowCount);
};

if (import.meta.main) {
  for (const recordsPerBatch of [1000, 10_000]) {
    console.table(await stageBench({ recordsPerBatch, batches: 100_000 / recordsPerBatch }));
  }
}
