import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { loadScorer } from "@tidewatch/core/model/scorer";
import type { Table } from "@tidewatch/core/store/ports";
import { archiveHandler } from "@tidewatch/functions/archive-handler";
import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { scoreHandler } from "@tidewatch/functions/score-handler";
import type { KinesisStreamEvent } from "aws-lambda";
import { clientsOf, createResources, emulatorEnvironment } from "../test/support/aws/resources.ts";
import { memoryBlobs } from "../test/support/memory-blobs.ts";
import { memoryTable } from "../test/support/memory-table.ts";
import { lambdaEvent } from "./lambda-event.ts";
import { stopwatch } from "./measure.ts";
import { benchDetector, benchEntries, benchModel, T0 } from "./workload.ts";

/** Milliseconds of CPU time of a handler: so much per invocation, per thousand events, and per thousand series of it. */
export type HandlerMs = { perInvocation: number; perThousandEvents: number; perThousandSeries: number };

const THOUSAND = 1000;
const MINUTE_MS = 60_000;
/** Batches before the compiler is warm. */
const WARM_UP = 5;
const FEW = 100;
const MANY = 500;
const VERY_MANY = 2500;

/**
 * Real handlers on the real adapter, over HTTP to a table in another process; the archive's objects are in memory. What an
 * event takes is measured on a table in memory: beside the calls of a series it would drown in their noise.
 */
export const cpuBench = async (): Promise<{ score: HandlerMs; archive: HandlerMs }> => {
  const emulator = await startEmulator();
  try {
    const environment = emulatorEnvironment({ AWS_ENDPOINT_URL: emulator.url });
    const clients = clientsOf(environment);
    const { table: tableName } = await createResources(clients, ["table"]);
    const table = dynamoTable({ client: clients.dynamoDb, tableName: tableName!, clock: () => T0 });
    return { score: await scoreMs(table), archive: await archiveMs(table) };
  } finally {
    await emulator.close();
  }
};

const scoreMs = async (table: Table): Promise<HandlerMs> => {
  const detector = benchDetector();
  const { manifest, onnx } = await benchModel(detector);
  const scorer = await loadScorer(onnxRuntime(), manifest, onnx);
  const handlerOver = (over: Table) =>
    scoreHandler({
      table: over,
      detectors: async () => [detector],
      scorerOf: async () => scorer,
      onFailed: () => Promise.reject(new Error("a record failed")),
      onReport: () => {},
    });
  const inMemory = handlerOver(memoryTable(() => T0));
  const more = await measure(inMemory, { entities: FEW, events: VERY_MANY, times: 40 });
  const less = await measure(inMemory, { entities: FEW, events: MANY, times: 100 });
  const perEvent = (more - less) / (VERY_MANY - MANY);
  const handler = handlerOver(table);
  const many = await measure(handler, { entities: MANY, events: MANY, times: 20 });
  const single = await measure(handler, { entities: 1, events: 1, times: 400 });
  const perSeries = (many - single) / (MANY - 1) - perEvent;
  return {
    perInvocation: single - perEvent - perSeries,
    perThousandEvents: perEvent * THOUSAND,
    perThousandSeries: perSeries * THOUSAND,
  };
};

const archiveMs = async (table: Table): Promise<HandlerMs> => {
  const handler = archiveHandler({ table, blobs: memoryBlobs() });
  const many = await measure(handler, { entities: FEW, events: VERY_MANY, times: 40 });
  const single = await measure(handler, { entities: 1, events: 1, times: 400 });
  const perEvent = (many - single) / (VERY_MANY - 1);
  return { perInvocation: single - perEvent, perThousandEvents: perEvent * THOUSAND, perThousandSeries: 0 };
};

type Handler = (event: KinesisStreamEvent) => Promise<unknown>;

/** Records on the one shard so far. */
let records = 0;

/** Mean CPU milliseconds of an invocation with so many events of so many entities. */
const measure = async (
  handler: Handler,
  { entities, events, times }: { entities: number; events: number; times: number },
): Promise<number> => {
  const entries = [...benchEntries(events * (times + WARM_UP), { entities, stepMs: 1 })];
  const payloads = Array.from({ length: times + WARM_UP }, (_, batch) => {
    const event = lambdaEvent(entries.slice(batch * events, (batch + 1) * events), records, T0 + MINUTE_MS);
    records += events;
    return JSON.stringify(event);
  });
  // Lambda parses the payload in the function's own time.
  const invoke = (payload: string) => handler(JSON.parse(payload) as KinesisStreamEvent);
  for (const payload of payloads.slice(0, WARM_UP)) await invoke(payload);
  const time = stopwatch();
  for (const payload of payloads.slice(WARM_UP)) await invoke(payload);
  return (time().cpuSeconds * THOUSAND) / times;
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
