import type { Clock, StreamRecord } from "@tidewatch/core/store/ports";
import { expect, it } from "vitest";
import { memoryBlobs } from "../memory-blobs.ts";
import { memoryTable } from "../memory-table.ts";
import { partOfBucket, partOfTable, restOfStream } from "./adapters.ts";
import type { Clients, Names } from "./resources.ts";
import { stagesOver } from "./stages.ts";

const MINUTE_MS = 60_000;
const ENTITIES = ["web-1", "web-2", "db-1", "db-2", "cache-1"];
const TRAINING_ROWS = 80;
const LATER_ROWS = 20;
const STRANGE = { entity: "web-2", row: TRAINING_ROWS + 11, values: { cpu: 250, memory: 3 } };
const DETECTOR = {
  id: "host",
  features: [{ metric: "cpu" }, { metric: "memory" }],
  model: { family: "isolation-forest", minTrainingRows: 300 },
};

/** Daily life of an entity, the same in every run: two waves. */
const valuesOf = (entity: string, row: number) => {
  if (entity === STRANGE.entity && row === STRANGE.row) return STRANGE.values;
  const phase = row / 7 + entity.length;
  return { cpu: 40 + 10 * Math.sin(phase), memory: 60 + 5 * Math.cos(phase / 2) };
};

const LOG_DETECTOR = {
  id: "jobs",
  match: { type: "log" },
  session: { key: { pattern: "job_\\d+" }, idleSeconds: 600, minTrainingSessions: 20, training: "normal" },
};
const JOBS = 25;
const ODD_JOB = "job_777";

/**
 * Events and log lines through the API onto the stream, from there as Lambda would hand them over through archive, scorer and
 * log stage, a training in between, and the results read through the API; then again over memory, from the same records, which has to leave the same
 * items and objects to the last byte.
 */
export const pipelineTest = (name: string, open: () => { clients: Clients; names: Names }): void =>
  it(`${name}: what goes onto the stream is archived, scored and read back as on one machine`, async () => {
    const { clients, names } = open();
    const nowMs = Date.now();
    const clock: Clock = () => nowMs;
    const startMs = nowMs - (TRAINING_ROWS + LATER_ROWS + 1) * MINUTE_MS;
    const rowsOf = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => from + i).flatMap((row) =>
        ENTITIES.map((entity) => ({
          type: "metric",
          entity,
          timestamp: startMs + row * MINUTE_MS,
          values: valuesOf(entity, row),
        })),
      );

    const lineAt = (row: number, message: string) => ({
      ...{ type: "log", entity: "worker", timestamp: startMs + row * MINUTE_MS, message },
    });
    const job = (key: string, row: number) => [
      lineAt(row, `accepted ${key} from 10.0.0.7`),
      lineAt(row, `${key} wrote ${row} bytes`),
      lineAt(row, `finished ${key}`),
    ];
    const oddJob = [
      lineAt(TRAINING_ROWS, `accepted ${ODD_JOB} from 10.0.0.7`),
      lineAt(TRAINING_ROWS, `Error: ${ODD_JOB} died`),
    ];
    const linesBefore = Array.from({ length: JOBS }, (_, number) => job(`job_${number}`, 0)).flat();

    const { table } = partOfTable(clients.dynamoDb, names.table!, clock);
    const { blobs } = partOfBucket(clients.s3, names.bucket!);
    const { stream, records } = await restOfStream(clients.kinesis, names.stream!);
    const cloud = stagesOver({ table, blobs, stream, clock });
    const delivered: StreamRecord[][] = [];
    let seen = 0;
    /** Delivers what is new on the stream, shard by shard. */
    const deliverNew = async (count: number): Promise<void> => {
      const all = await records(seen + count);
      expect(all).toHaveLength(seen + count);
      const known = new Set(delivered.flat());
      seen = all.length;
      const fresh = all.filter((record) => !known.has(record));
      for (const ofShard of Map.groupBy(fresh, ({ shardId }) => shardId).values()) {
        delivered.push(ofShard);
        await cloud.deliver(ofShard);
      }
    };

    await cloud.call("POST", "/v1/detectors", DETECTOR);
    await cloud.call("POST", "/v1/detectors", LOG_DETECTOR);
    const training = [...linesBefore, ...rowsOf(0, TRAINING_ROWS), ...job("job_50", 40)];
    expect(await cloud.call("POST", "/v1/events", training)).toMatchObject({ accepted: training.length });
    await stream.putMany([{ partitionKey: "broken", data: Buffer.from('{"type":"metric"') }]);
    await deliverNew(training.length + 1);
    const beforeTraining = delivered.length;
    expect(await cloud.call("POST", "/v1/detectors/host/train")).toMatchObject({ version: 1, trainingRows: 400 });
    expect(await cloud.call("POST", "/v1/detectors/jobs/train")).toMatchObject({ version: 1 });
    const later = [...oddJob, ...rowsOf(TRAINING_ROWS, TRAINING_ROWS + LATER_ROWS)];
    expect(await cloud.call("POST", "/v1/events", later)).toMatchObject({ accepted: later.length });
    await deliverNew(later.length);
    // Lambda delivers at least once.
    await cloud.deliver(delivered.at(-1)!);
    expect(cloud.reports.at(-1)).toMatchObject({ repeated: delivered.at(-1)!.length, series: { events: 0 } });

    const { state, lines, verdict } = await cloud.call("GET", `/v1/sessions/${ODD_JOB}?detector=jobs`);
    expect({ state, lines, verdict }).toMatchObject({ state: "open", lines: 2, verdict: { isAnomalous: true } });
    expect(cloud.logReports.reduce((sum, report) => sum + report.conflicts, 0)).toBe(0);

    const { items: anomalies } = await cloud.call("GET", "/v1/anomalies?detector=host&entity=web-2");
    const timestamp = startMs + STRANGE.row * MINUTE_MS;
    expect(anomalies).toEqual(
      expect.arrayContaining([expect.objectContaining({ entity: "web-2", timestamp, modelVersion: 1 })]),
    );
    const { points } = await cloud.call("GET", "/v1/points?detector=host&entity=db-1&limit=200");
    expect(points).toHaveLength(TRAINING_ROWS + LATER_ROWS);

    const memory = { table: memoryTable(clock), blobs: memoryBlobs(), stream, clock };
    const local = stagesOver(memory);
    await local.call("POST", "/v1/detectors", DETECTOR);
    await local.call("POST", "/v1/detectors", LOG_DETECTOR);
    for (const ofShard of delivered.slice(0, beforeTraining)) await local.deliver(ofShard);
    await local.call("POST", "/v1/detectors/host/train");
    await local.call("POST", "/v1/detectors/jobs/train");
    for (const ofShard of delivered.slice(beforeTraining)) await local.deliver(ofShard);
    const items = memory.table.items();
    expect(items.length).toBeGreaterThan(15);
    expect(plain(await table.getMany(items))).toEqual(plain(items));
    const keys = [...memory.blobs.objects.keys()].sort();
    expect((await blobs.list("")).sort()).toEqual(keys);
    for (const key of keys) {
      expect(Buffer.from((await blobs.get(key))!).equals(memory.blobs.objects.get(key)!), key).toBe(true);
    }
    expect(await cloud.call("GET", "/v1/status")).toEqual(await local.call("GET", "/v1/status"));
  });

/** Bytes as text, so that a Buffer equals a Uint8Array and a difference can be read. */
const plain = (items: readonly ({ bytes?: Uint8Array } | undefined)[]) =>
  items.map((item) => item && { ...item, bytes: item.bytes && Buffer.from(item.bytes).toString("base64") });
