import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { archivedEvents, quarantinedRecords } from "@tidewatch/core/ingest/read-archive";
import type { StreamEntry, StreamReceipt } from "@tidewatch/core/store/ports";
import { type Pipeline, startPipeline } from "@tidewatch/local/runtime/pipeline";
import { expect, test } from "vitest";
import { prepareDirectory } from "../campaign/setup.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type Malformed, malformed } from "./malformed-records.ts";

const EACH = 100_000;
const PER_PUT = 500;
const ENTITIES = 200;
const START_MS = Date.UTC(2026, 10, 20);
const MINUTES = 60_000;

/** Moderate values of the metrics that the prepared detector was trained on; one in a while far away. */
const good = (id: number): StreamEntry => {
  const entity = `host-${id % ENTITIES}`;
  const timestamp = START_MS + Math.floor(id / ENTITIES) * 1000;
  const values = { cpu: id % 5000 === 4999 ? 99 : 30 + (id % 17) / 4, memory: 55 + (id % 11) / 4 };
  return { partitionKey: entity, data: Buffer.from(JSON.stringify({ type: "metric", entity, timestamp, values })) };
};

type Sent = { receipt: StreamReceipt; record: Malformed };

/** Good and bad ones alternate, so that every batch holds both, and the bad ones go to every shard. */
const putAll = async (pipeline: Pipeline): Promise<Sent[]> => {
  const bad: Sent[] = [];
  for (let from = 0; from < EACH; from += PER_PUT / 2) {
    const ids = Array.from({ length: PER_PUT / 2 }, (_, index) => from + index);
    const records = ids.map((id) => malformed(id));
    const entries = ids.flatMap((id, index) => [
      good(id),
      { partitionKey: `producer-${id % 97}`, data: records[index]!.data },
    ]);
    const receipts = await pipeline.stream.putMany(entries);
    records.forEach((record, index) => {
      bad.push({ receipt: receipts[2 * index + 1]!, record });
    });
  }
  return bad;
};

const expectQuarantined = async (pipeline: Pipeline, bad: readonly Sent[]): Promise<void> => {
  const place = ({ shardId, sequenceNumber }: StreamReceipt) => `${shardId} ${sequenceNumber}`;
  const expected = new Map(bad.map(({ receipt, record }) => [place(receipt), record]));
  for await (const { record, encoding, reason, ...where } of quarantinedRecords(pipeline)) {
    const sent = expected.get(place(where));
    if (!sent) throw new Error(`quarantined twice, or not bad at all: ${record}`);
    expected.delete(place(where));
    if (!sent.reason.test(reason))
      throw new Error(`${JSON.stringify(record.slice(0, 200))} was refused for: ${reason}`);
    const kept = Buffer.from(record, encoding ?? "utf8");
    if (!kept.equals(sent.data)) throw new Error(`quarantine changed the record ${record.slice(0, 200)}`);
  }
  expect(expected.size).toBe(0);
};

test(
  "of 100,000 malformed records among as many good ones, each is quarantined with its reason and each good one scored",
  async () => {
    const folder = temporaryFolder();
    await prepareDirectory(folder.path);
    const faults: unknown[] = [];
    const pipeline = await startPipeline({ directory: folder.path, consumers: 2, log: (entry) => faults.push(entry) });
    try {
      const bad = await putAll(pipeline);
      await pipeline.drained();

      const { archive, score, detectors, consumers } = await pipeline.status();
      expect(archive).toEqual({ received: 2 * EACH, archived: EACH, quarantined: EACH });
      expect(score.received! - score.invalid!).toBe(EACH);
      expect(score.unmatched).toBe(0);
      const everyRow = detectors.find(({ id }) => id === "every-row");
      expect(everyRow).toMatchObject({ events: EACH, scored: EACH, late: 0 });
      expect(everyRow!.anomalies).toBeGreaterThan(0);
      expect(consumers.reduce((sum, { discarded, failedDeliveries }) => sum + discarded + failedDeliveries, 0)).toBe(0);
      expect(faults).toEqual([]);

      await expectQuarantined(pipeline, bad);
      let archived = 0;
      for await (const event of archivedEvents({ blobs: pipeline.blobs, gunzip: promisify(gunzip) })) {
        if (event.entity.startsWith("host-")) archived++;
      }
      expect(archived).toBe(EACH);
    } finally {
      await pipeline.close();
      folder.remove();
    }
  },
  5 * MINUTES,
);
