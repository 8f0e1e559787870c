import { decodeEvent } from "@tidewatch/core/ingest/decode";
import type { FamilyName } from "@tidewatch/core/model/families";
import { type ScorePorts, scoreBatch } from "@tidewatch/core/score/run";
import type { Item, ItemKey, StreamRecord, Table } from "@tidewatch/core/store/ports";
import { type Cost, stopwatch } from "./measure.ts";
import { benchScorer } from "./scorer.ts";
import { benchDetector, benchEntries, benchVectors, T0 } from "./workload.ts";

/** The stage without I/O: decode → feature → score → encode, over a table that only keeps references. */
export type StageResult = {
  events: number;
  recordsPerBatch: number;
  /** CPU time of this process, all threads, per event. */
  cpuMicrosPerEvent: number;
  wallMicrosPerEvent: number;
  anomalies: number;
  /** The same bytes, parsed and no more; decoded and no more. */
  jsonParseMicros: number;
  decodeMicros: number;
};

/** Rows of each series before the clock runs: what is learnt has its full size, nearly, and the compiler is warm. */
const ROWS_BEFORE = 400;

export const stageBench = async ({
  family = "isolation-forest" as FamilyName,
  entities = 200,
  rowsPerBatch = 1,
  batches = 300,
} = {}) => {
  const detector = benchDetector(family);
  const { table, keep } = referenceTable();
  const ports: ScorePorts = { table, detectors: async () => [detector], scorerOf: await benchScorer(detector) };
  const recordsPerBatch = entities * rowsPerBatch;
  const before = entities * ROWS_BEFORE;
  const all = madeRecords(before + recordsPerBatch * batches, entities);
  const used = all.slice(before);
  let anomalies = 0;
  await scoreBatch(ports, all.slice(0, before));
  const time = stopwatch();
  for (let index = 0; index < batches; index++) {
    const batch = used.slice(index * recordsPerBatch, (index + 1) * recordsPerBatch);
    anomalies += (await scoreBatch(ports, batch)).series.anomalies;
    keep();
  }
  const events = recordsPerBatch * batches;
  const { cpuSeconds, wallSeconds } = time();
  const result: StageResult = {
    ...{ events, recordsPerBatch, anomalies },
    cpuMicrosPerEvent: (cpuSeconds * 1e6) / events,
    wallMicrosPerEvent: (wallSeconds * 1e6) / events,
    jsonParseMicros: perEvent(used, ({ data }) => JSON.parse(decoder.decode(data))),
    decodeMicros: perEvent(used, ({ data }) => decodeEvent(data)),
  };
  return result;
};

const decoder = new TextDecoder();
const madeRecords = (count: number, entities: number): StreamRecord[] =>
  Array.from(benchEntries(count, { entities }), ({ partitionKey, data }, number) => ({
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

const microsPer = ({ cpuSeconds }: Cost, count: number): number => (cpuSeconds * 1e6) / count;

const perEvent = (records: readonly StreamRecord[], work: (record: StreamRecord) => unknown): number => {
  const time = stopwatch();
  for (const one of records) work(one);
  return microsPer(time(), records.length);
};

/** The forest's run alone. */
export const modelMicros = async (rowCount = 10_000): Promise<number> => {
  const scorer = (await (await benchScorer(benchDetector()))())!;
  const vectors = benchVectors(scorer.manifest, rowCount);
  await scorer.score(vectors, rowCount);
  const runs = 10;
  const time = stopwatch();
  for (let run = 0; run < runs; run++) await scorer.score(vectors, rowCount);
  return microsPer(time(), runs * rowCount);
};

if (import.meta.main) {
  for (const family of ["isolation-forest", "stream"] as const) {
    for (const rowsPerBatch of [1, 30]) {
      console.table(await stageBench({ family, rowsPerBatch, batches: 300 / rowsPerBatch }));
    }
  }
}
