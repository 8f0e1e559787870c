import { loadScorer } from "@tidewatch/core/model/scorer";
import { readChunk } from "@tidewatch/core/store/points";
import type { Item, StreamEntry, Table } from "@tidewatch/core/store/ports";
import { archiveHandler } from "@tidewatch/functions/archive-handler";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { scoreHandler } from "@tidewatch/functions/score-handler";
import { memoryBlobs } from "../test/support/memory-blobs.ts";
import { memoryTable } from "../test/support/memory-table.ts";
import { lambdaEvent } from "./lambda-event.ts";
import { benchDetector, benchEntries, benchModel, T0 } from "./workload.ts";

/** Five hours of machines that send once a minute. Each batch has one event of each, as with the default window. */
const MACHINES = 20;
const MINUTES = 300;
/** One event in so many shows a fault, so that there are anomalies to be measured. */
const FAULT_EVERY = 307;
const MINUTE_MS = 60_000;
/** What the archive of one shard gets in a minute, of a thousand machines on four shards. */
const EVENTS_PER_OBJECT = 250;
const WRITE_UNIT_BYTES = 1024;

/** Sizes of events and items, and writes per row: the same on every machine. */
export const sizesBench = async () => {
  const detector = benchDetector();
  const { manifest, onnx } = await benchModel(detector);
  const scorer = await loadScorer(onnxRuntime(), manifest, onnx);
  const { table, meter } = meteredTable();
  const score = scoreHandler({
    table,
    detectors: async () => [detector],
    scorerOf: async () => scorer,
    onFailed: () => Promise.reject(new Error("a record failed")),
    onReport: () => {},
  });
  const entries = [...benchEntries(MACHINES * MINUTES, { entities: MACHINES, stepMs: MINUTE_MS })].map(withFaults);
  for (let minute = 0; minute < MINUTES; minute++) {
    const first = minute * MACHINES;
    await score(lambdaEvent(entries.slice(first, first + MACHINES), first, T0 + minute * MINUTE_MS));
  }
  return {
    eventBytes: mean(entries.map(({ data }) => data.length)),
    payloadBytes: JSON.stringify(lambdaEvent(entries, 0, T0)).length / entries.length,
    archivedBytes: await archivedBytes(entries),
    headBytes: mean(meter.head),
    headWriteUnits: meanUnits(meter.head),
    // Most are full: only the last of an hour has fewer.
    rowsPerChunk: median(meter.rowsOfChunks),
    chunkBytes: mean(meter.chunk),
    chunkWriteUnits: meanUnits(meter.chunk),
    anomalyBytes: mean(meter.anomaly),
    anomalyWriteUnits: meanUnits(meter.anomaly),
  };
};

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

type Kind = "head" | "chunk" | "anomaly";
type Meter = Record<Kind, number[]> & { rowsOfChunks: number[] };

const kindOf = ({ pk, sk }: Item): Kind | undefined => {
  if (sk === "HEAD") return "head";
  if (sk.startsWith("CHUNK#")) return "chunk";
  return pk.startsWith("ANOMALY#") ? "anomaly" : undefined;
};

const meteredTable = () => {
  const table = memoryTable(() => T0);
  const meter: Meter = { head: [], chunk: [], anomaly: [], rowsOfChunks: [] };
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
const itemBytes = ({ pk, sk, version, doc, bytes }: Item): number =>
  "pk".length +
  Buffer.byteLength(pk) +
  "sk".length +
  Buffer.byteLength(sk) +
  "version".length +
  Math.ceil(String(version).length / 2) +
  1 +
  (doc === undefined ? 0 : "doc".length + Buffer.byteLength(doc)) +
  (bytes === undefined ? 0 : "bytes".length + bytes.length);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const meanUnits = (bytes: readonly number[]): number => mean(bytes.map((size) => Math.ceil(size / WRITE_UNIT_BYTES)));

/** Per event, in objects as a shard's archiver makes them. */
const archivedBytes = async (entries: readonly StreamEntry[]): Promise<number> => {
  const blobs = memoryBlobs();
  const archive = archiveHandler({ table: memoryTable(() => T0), blobs });
  for (let first = 0; first < entries.length; first += EVENTS_PER_OBJECT) {
    await archive(lambdaEvent(entries.slice(first, first + EVENTS_PER_OBJECT), first, T0 + first));
  }
  return [...blobs.objects.values()].reduce((sum, { length }) => sum + length, 0) / entries.length;
};
