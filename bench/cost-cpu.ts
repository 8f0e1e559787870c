import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { FamilyName } from "@tidewatch/core/model/families";
import { decodeHead } from "@tidewatch/core/store/head";
import type { Item, StreamEntry, Table } from "@tidewatch/core/store/ports";
import { archiveHandler } from "@tidewatch/functions/archive-handler";
import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import { scoreHandler } from "@tidewatch/functions/score-handler";
import type { KinesisStreamEvent } from "aws-lambda";
import { clientsOf, createResources, emulatorEnvironment } from "../test/support/aws/resources.ts";
import { memoryBlobs } from "../test/support/memory-blobs.ts";
import { memoryTable } from "../test/support/memory-table.ts";
import { logMs } from "./cost-log-cpu.ts";
import { lambdaEvent } from "./lambda-event.ts";
import { type Handler, measureBatches, WARM_UP } from "./measure-handler.ts";
import { benchScorer } from "./scorer.ts";
import { benchDetector, benchEntries, T0 } from "./workload.ts";

/** Milliseconds of CPU time of a handler: so much per invocation, per thousand events, and per thousand series of it. */
export type HandlerMs = { perInvocation: number; perThousandEvents: number; perThousandSeries: number };

const THOUSAND = 1000;
const MINUTE_MS = 60_000;
/** What a series learns has its full size by then, nearly, and one row takes as long as any later one. */
const ROWS_BEFORE = 400;
const FEW = 100;
const MANY = 500;
const VERY_MANY = 2500;
const LARGEST_BATCH = 10_000;

/**
 * Real handlers on the real adapter, over HTTP to a table in another process; the archive's objects are in memory. What an
 * event takes is measured on a table in memory: beside the calls of a series it would drown in their noise.
 */
export const cpuBench = async (detectors: readonly (readonly [FamilyName, number])[]) => {
  const emulator = await startEmulator();
  try {
    const environment = emulatorEnvironment({ AWS_ENDPOINT_URL: emulator.url });
    const clients = clientsOf(environment);
    const { table: tableName } = await createResources(clients, ["table"]);
    const table = dynamoTable({ client: clients.dynamoDb, tableName: tableName!, clock: () => T0 });
    const score: { family: FamilyName; metrics: number; ms: HandlerMs }[] = [];
    for (const [family, metrics] of detectors)
      score.push({ family, metrics, ms: await scoreMs(table, family, metrics) });
    return { score, archive: await archiveMs(table), log: await logMs(table) };
  } finally {
    await emulator.close();
  }
};

const scoreMs = async (table: Table, family: FamilyName, metrics: number): Promise<HandlerMs> => {
  const detector = { ...benchDetector(family, metrics), id: `${family}-${metrics}` };
  const scorerOf = await benchScorer(detector);
  const handlerOver = (over: Table) =>
    scoreHandler({
      table: over,
      detectors: async () => [detector],
      scorerOf,
      onFailed: () => Promise.reject(new Error("a record failed")),
      onReport: () => {},
    });
  const memory = memoryTable(() => T0);
  await letLearn(handlerOver(memory), metrics);
  const items = await newestItems(memory);
  await table.putMany(items.map((item) => ({ item, condition: { kind: "any" } })));
  const inMemory = handlerOver(memory);
  const more = await measure(inMemory, { entities: FEW, events: VERY_MANY, metrics, times: 40 });
  const less = await measure(inMemory, { entities: FEW, events: MANY, metrics, times: 100 });
  const perEvent = (more - less) / (VERY_MANY - MANY);
  const handler = handlerOver(table);
  const many = await measure(handler, { entities: MANY, events: MANY, metrics, times: 15 });
  const single = await measure(handler, { entities: 1, events: 1, metrics, times: 300 });
  const perSeries = (many - single) / (MANY - 1) - perEvent;
  return {
    perInvocation: single - perEvent - perSeries,
    perThousandEvents: perEvent * THOUSAND,
    perThousandSeries: perSeries * THOUSAND,
  };
};

/** Rows of all series, until they are like series that have been there for long. */
const letLearn = async (handler: Handler, metrics: number): Promise<void> => {
  const fromMs = T0 - ROWS_BEFORE * MINUTE_MS;
  const entries = [...benchEntries(MANY * ROWS_BEFORE, { entities: MANY, metrics, stepMs: MINUTE_MS, fromMs })];
  for (let first = 0; first < entries.length; first += LARGEST_BATCH) {
    await handler(nextBatch(entries.slice(first, first + LARGEST_BATCH)));
  }
};

/** Heads, and of each series what it learnt last: all that scoring goes on from. */
const newestItems = async (table: ReturnType<typeof memoryTable>): Promise<Item[]> => {
  const heads = table.items().filter(({ sk }) => sk === "HEAD");
  const learnt = await table.getMany(heads.map((head) => ({ pk: head.pk, sk: `LEARNT#${decodeHead(head).link}` })));
  return [...heads, ...learnt.flatMap((item) => item ?? [])];
};

const archiveMs = async (table: Table): Promise<HandlerMs> => {
  const handler = archiveHandler({ table, blobs: memoryBlobs() });
  const many = await measure(handler, { entities: FEW, events: VERY_MANY, metrics: 3, times: 40 });
  const single = await measure(handler, { entities: 1, events: 1, metrics: 3, times: 400 });
  const perEvent = (many - single) / (VERY_MANY - 1);
  return { perInvocation: single - perEvent, perThousandEvents: perEvent * THOUSAND, perThousandSeries: 0 };
};

/** Records on the one shard so far, and the time of the next one: later batches bring later rows. */
let records = 0;
let atMs = T0;
const nextBatch = (entries: readonly StreamEntry[]): KinesisStreamEvent => {
  const event = lambdaEvent(entries, records, atMs + MINUTE_MS);
  records += entries.length;
  return event;
};

/** Mean CPU milliseconds of an invocation with so many events of so many entities. */
const measure = async (
  handler: Handler,
  { entities, events, metrics, times }: { entities: number; events: number; metrics: number; times: number },
): Promise<number> => {
  const count = events * (times + WARM_UP);
  const entries = [...benchEntries(count, { entities, metrics, stepMs: 1, fromMs: atMs })];
  const batches = Array.from({ length: times + WARM_UP }, (_, batch) =>
    nextBatch(entries.slice(batch * events, (batch + 1) * events)),
  );
  atMs += Math.ceil(count / entities);
  return await measureBatches(handler, batches);
};

const startEmulator = async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "dynalite-process.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    url: line.toString().trim(),
    close: async () => {
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    },
  };
};
