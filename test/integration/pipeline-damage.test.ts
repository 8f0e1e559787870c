import { join } from "node:path";
import { Detector } from "@tidewatch/core/detector";
import { quarantinedRecords } from "@tidewatch/core/ingest/read-archive";
import { putDetector } from "@tidewatch/core/store/detectors";
import { headKey, modelAliasKey } from "@tidewatch/core/store/keys";
import { type Pipeline, startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ENTITIES = 40;
let folder: ReturnType<typeof temporaryFolder>;
let pipeline: Pipeline;
beforeEach(async () => {
  folder = temporaryFolder();
  pipeline = await startPipeline({ directory: join(folder.path, "data"), shards: 1 });
  const detector = Detector.parse({ id: "host", features: [{ metric: "cpu" }] });
  await putDetector(pipeline.table, detector, undefined);
});
afterEach(async () => {
  await pipeline.close();
  folder.remove();
});

const putEvents = async (count: number) => {
  const entries = Array.from({ length: count }, (_, n) => {
    const entity = `host-${n % ENTITIES}`;
    const event = { type: "metric", entity, timestamp: Date.now(), values: { cpu: n } };
    return { partitionKey: entity, data: new TextEncoder().encode(JSON.stringify(event)) };
  });
  await pipeline.stream.putMany(entries);
  await pipeline.drained();
};

test("damage to a head, a detector and a model costs the records of that head alone, and those are kept", async () => {
  await putEvents(ENTITIES);
  const { table } = pipeline;
  const any = { kind: "any" } as const;
  const [head] = await table.getMany([headKey("host", "host-7")]);
  await table.putMany([
    { item: { ...head!, bytes: head!.bytes!.slice(0, 20) }, condition: any },
    { item: { pk: "DETECTOR", sk: "newer", version: 1, doc: '{"id":"newer","forecast":true}' }, condition: any },
    { item: { ...modelAliasKey("host", "champion"), version: 1, doc: '{"champion":' }, condition: any },
  ]);
  const startedMs = performance.now();
  await putEvents(4000);
  expect(performance.now() - startedMs).toBeLessThan(40_000);

  const failed = [];
  for await (const line of quarantinedRecords(pipeline, "failed/score/")) failed.push(line);
  expect(failed).toHaveLength(4000 / ENTITIES);
  expect(new Set(failed.map(({ record }) => JSON.parse(record).entity))).toEqual(new Set(["host-7"]));
  expect(failed[0]!.reason).toMatch(/^detector host, entity host-7: the head of SERIES#host#host-7 is corrupt: /);

  const [all, bad] = [4000 + ENTITIES, 4000 / ENTITIES];
  const heads = Array.from({ length: ENTITIES }, (_, n) => headKey("host", `host-${n}`)).filter((_, n) => n !== 7);
  const items = await table.getMany(heads);
  expect(items.reduce((sum, item) => sum + item!.version, 0)).toBe(all - bad - 1);
  const [counts] = await table.query({ pk: "COUNTS#score", limit: 10 });
  expect(JSON.parse(counts!.doc!)).toMatchObject({ received: all, deliveries: all, failed: bad, unmatched: 0 });
});
