import type { FamilyName } from "@tidewatch/core/model/families";
import { readChunk } from "@tidewatch/core/store/points";
import type { Item, StreamEntry, Table } from "@tidewatch/core/store/ports";
import { archiveHandler } from "@tidewatch/functions/archive-handler";
import { scoreHandler } from "@tidewatch/functions/score-handler";
import { memoryBlobs } from "../test/support/memory-blobs.ts";
import { memoryTable } from "../test/support/memory-table.ts";
import { lambdaEvent } from "./lambda-event.ts";
import { benchScorer } from "./scorer.ts";
import { benchDetector, benchEntries, T0 } from "./workload.ts";

/** Machines that send once a minute. Each batch has one event of each, as with the default window. */
const MACHINES = 10;
/** First two days, after which what a series learns has its full size; then the five hours that are measured. */
const MINUTES_BEFORE = 2 * 24 * 60;
const MINUTES_BEFORE_AT_ONCE = 240;
const MINUTES = 300;
/** One event in so many shows a fault, so that there are anomalies to be measured. */
const FAULT_EVERY = 307;
const MINUTE_MS = 60_000;
/** What the archive of one shard gets in a minute, of a thousand machines on four shards. */
const EVENTS_PER_OBJECT = 250;
const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

/** Sizes of events and items, and their units, of a detector of so many metrics: the same on every machine. */
export const sizesBench = async (family: FamilyName, metrics: number) => {
  const detector = benchDetector(family, metrics);
  const { table, meter } = meteredTable();
  const score = scoreHandler({
    table,
    detectors: async () => [detector],
    scorerOf: await benchScorer(detector),
    onFailed: () => Promise.reject(new Error("a record failed")),
    onReport: () => {},
  });
  const before = entriesFrom(T0 - MINUTES_BEFORE * MINUTE_MS, MINUTES_BEFORE, metrics);
  for (let minute = 0; minute < MINUTES_BEFORE; minute += MINUTES_BEFORE_AT_ONCE) {
    const first = minute * MACHINES;
    const untilMs = T0 - (MINUTES_BEFORE - minute - MINUTES_BEFORE_AT_ONCE) * MINUTE_MS;
    await score(lambdaEvent(before.slice(first, first + MINUTES_BEFORE_AT_ONCE * MACHINES), first, untilMs));
  }
  for (const measured of Object.values(meter)) measured.length = 0;
  const entries = entriesFrom(T0, MINUTES, metrics).map(withFaults);
  for (let minute = 0; minute < MINUTES; minute++) {
    const first = minute * MACHINES;
    await score(lambdaEvent(entries.slice(first, first + MACHINES), before.length + first, T0 + minute * MINUTE_MS));
  }
  return {
    eventBytes: meanBytes(entries.map(({ data }) => data.length)),
    payloadBytes: Math.round(JSON.stringify(lambdaEvent(entries, 0, T0)).length / entries.length),
    archivedBytes: Math.round(await archivedBytes(entries)),
    headBytes: meanBytes(meter.head),
    headWriteUnits: meanUnits(meter.head),
    // Most are full: only the last of an hour has fewer.
    rowsPerChunk: median(meter.rowsOfChunks),
    chunkBytes: meanBytes(meter.chunk),
    chunkWriteUnits: meanUnits(meter.chunk),
    learntBytes: meanBytes(meter.learnt),
    learntWriteUnits: meanUnits(meter.learnt),
    learntReadUnits: meanUnits(meter.learnt, READ_UNIT_BYTES),
    anomalyBytes: meanBytes(meter.anomaly),
    anomalyWriteUnits: meanUnits(meter.anomaly),
  };
};

const entriesFrom = (fromMs: number, minutes: number, metrics: number): StreamEntry[] => [
  ...benchEntries(MACHINES * minutes, { entities: MACHINES, metrics, stepMs: MINUTE_MS, fromMs }),
];

/** The other values stay: what is far out on one metric is an anomaly. */
const withFaults = (entry: StreamEntry, number: number): StreamEntry =>
  number % FAULT_EVERY === 0
    ? {
        ...entry,
        data: Buffer.from(
          Buffer.from(entry.data)
            .toString()
            .replace(/"cpu":/, '"cpu":9'),
        ),
      }
    : entry;

type Kind = "head" | "chunk" | "learnt" | "anomaly";
type Meter = Record<Kind, number[]> & { rowsOfChunks: number[] };

const kindOf = ({ pk, sk }: Item): Kind | undefined => {
  if (sk === "HEAD") return "head";
  if (sk.startsWith("CHUNK#")) return "chunk";
  if (sk.startsWith("LEARNT#")) return "learnt";
  return pk.startsWith("ANOMALY#") ? "anomaly" : undefined;
};

const meteredTable = () => {
  const table = memoryTable(() => T0);
  const meter: Meter = { head: [], chunk: [], learnt: [], anomaly: [], rowsOfChunks: [] };
  const metered: Table = {
    ...table,
    putMany: async (puts) => {
      for (const { item } of puts) {
        const kind = kindOf(item);
        if (kind) meter[kind].push(itemBytes(item));
        if (kind === "chunk") meter.rowsOfChunks.push(readChunk(item.bytes!, "a chunk").points.length);
      }
      return await table.putMany(puts);
    },
  };
  return { table: metered, meter };
};

/** As DynamoDB counts: names of attributes in UTF-8, texts and bytes as they are, a number in a byte per two digits and one. */
export const itemBytes = ({ pk, sk, version, doc, bytes, expiresAtMs }: Item): number =>
  "pk".length +
  Buffer.byteLength(pk) +
  "sk".length +
  Buffer.byteLength(sk) +
  "version".length +
  Math.ceil(String(version).length / 2) +
  1 +
  (doc === undefined ? 0 : "doc".length + Buffer.byteLength(doc)) +
  (bytes === undefined ? 0 : "bytes".length + bytes.length) +
  // Once in milliseconds, once in seconds.
  (expiresAtMs === undefined ? 0 : "expiresAtMs".length + 8 + "expiresAt".length + 6);

/** 0 of none. */
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
export const meanBytes = (values: readonly number[]): number => Math.round(mean(values));
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
export const meanUnits = (bytes: readonly number[], unit = WRITE_UNIT_BYTES): number =>
  Number(mean(bytes.map((size) => Math.ceil(size / unit))).toFixed(2));

/** Per event, in objects as a shard's archiver makes them. */
const archivedBytes = async (entries: readonly StreamEntry[]): Promise<number> => {
  const blobs = memoryBlobs();
  const archive = archiveHandler({ table: memoryTable(() => T0), blobs });
  for (let first = 0; first < entries.length; first += EVENTS_PER_OBJECT) {
    await archive(lambdaEvent(entries.slice(first, first + EVENTS_PER_OBJECT), first, T0 + first));
  }
  return [...blobs.objects.values()].reduce((sum, { length }) => sum + length, 0) / entries.length;
};
