import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quarantinedRecords } from "@tidewatch/core/ingest/read-archive";
import { EventSourceMapping } from "@tidewatch/local/consumer/mapping";
import type { ConsumerSpec } from "@tidewatch/local/runtime/consumers";
import type { Log } from "@tidewatch/local/runtime/log";
import { dataPaths } from "@tidewatch/local/runtime/paths";
import { type Pipeline, startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

let folder: ReturnType<typeof temporaryFolder>;
let pipeline: Pipeline | undefined;
let logged: Parameters<Log>[0][];
beforeEach(() => {
  folder = temporaryFolder();
  logged = [];
});
afterEach(async () => {
  await pipeline?.close();
  pipeline = undefined;
  folder.remove();
});

const acceptedPath = () => join(folder.path, "accepted.log");
const accepted = () => readFileSync(acceptedPath(), "utf8").trimEnd().split("\n");
const startPicky = async (mapping: Partial<EventSourceMapping>, parts: Partial<ConsumerSpec> = {}) => {
  pipeline = await startPipeline({
    directory: join(folder.path, "data"),
    shards: 1,
    log: (entry) => logged.push(entry),
    specs: [
      {
        name: "picky",
        mapping: EventSourceMapping.parse(mapping),
        handlerModule: new URL("handlers/picky.ts", import.meta.url).href,
        handlerOptions: { log: acceptedPath() },
        workers: 1,
        ...parts,
      },
    ],
  });
  return pipeline;
};
const put = (to: Pipeline, texts: string[]) =>
  to.stream.putMany(texts.map((text) => ({ partitionKey: "key", data: new TextEncoder().encode(text) })));
const texts = (count: number, bad: Record<number, string> = {}) =>
  Array.from({ length: count }, (_, index) => `${index} ${bad[index] ?? "fine"}`);
const failedRecords = async (from: Pipeline) => {
  const found = [];
  for await (const line of quarantinedRecords(from, "failed/picky/")) found.push(line);
  return found;
};

describe("a handler that fails", () => {
  test("on one record has it bisected out, kept with the reason, and goes on with the others in order", async () => {
    const running = await startPicky({ batchSize: 100, bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 });
    const receipts = await put(running, texts(250, { 17: "poison", 180: "poison" }));
    await running.drained();
    expect(accepted()).toEqual(texts(250).filter((_, index) => index !== 17 && index !== 180));
    const failed = await failedRecords(running);
    expect(failed.map(({ record, sequenceNumber }) => [record, sequenceNumber])).toEqual([
      ["17 poison", receipts[17]!.sequenceNumber],
      ["180 poison", receipts[180]!.sequenceNumber],
    ]);
    expect(failed[0]!.reason).toBe("RetryAttemptsExhausted after 2 failed deliveries: cannot stomach this");
    await expect
      .poll(() => logged, { timeout: 30_000 })
      .toContainEqual(expect.objectContaining({ level: "error", records: 2, error: "cannot stomach this" }));
  });

  test("and reports it is resumed at the reported record, without a second delivery of those before it", async () => {
    const running = await startPicky({
      batchSize: 100,
      functionResponseTypes: ["ReportBatchItemFailures"],
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 0,
    });
    await put(running, texts(100, { 40: "reported" }));
    await running.drained();
    expect(accepted()).toEqual(texts(100).filter((_, index) => index !== 40));
    expect((await failedRecords(running)).map(({ record }) => record)).toEqual(["40 reported"]);
  });

  test("without bisecting loses nothing of its batch: the whole batch is kept", async () => {
    const running = await startPicky({ batchSize: 10, maximumRetryAttempts: 0 });
    await put(running, texts(30, { 15: "poison" }));
    await running.drained();
    expect(accepted()).toHaveLength(20);
    expect((await failedRecords(running)).map(({ record }) => record)).toEqual(
      texts(30, { 15: "poison" }).slice(10, 20),
    );
  });
});

test("a consumer whose thread ends is reported and started again where it stopped", async () => {
  const running = await startPicky({ batchSize: 10 });
  await put(running, texts(40, { 25: "crash" }));
  await running.drained();
  expect(accepted()).toEqual(texts(40, { 25: "crash" }));
  expect(logged).toContainEqual(
    expect.objectContaining({ level: "error", message: "a consumer died and is started again", consumer: "picky" }),
  );
});

describe("a choosy consumer", () => {
  const choosy = { probeModule: new URL("handlers/choosy.ts", import.meta.url).href };

  test("gets what it wants, in order, and is past the others without loading its handler for them", async () => {
    const absent = new URL("handlers/absent.ts", import.meta.url).href;
    const idle = await startPicky({}, { ...choosy, handlerModule: absent });
    await put(idle, texts(300));
    await idle.drained();
    expect(idle.consumers()).toMatchObject([{ lag: 0 }]);
    await idle.close();
    const running = await startPicky({ batchSize: 10 }, choosy);
    await put(running, texts(300, { 3: "wanted", 77: "wanted", 299: "wanted" }));
    await running.drained();
    expect(accepted()).toEqual(["3 wanted", "77 wanted", "299 wanted"]);
    expect(logged).toEqual([]);
  });

  test("goes on after a restart where it stopped", async () => {
    const first = await startPicky({}, choosy);
    await put(first, [...texts(40, { 39: "wanted" }), "after it"]);
    await first.drained();
    await first.close();
    const second = await startPicky({}, choosy);
    await put(second, ["later wanted"]);
    await second.drained();
    expect(accepted()).toEqual(["39 wanted", "later wanted"]);
  });
});

test("a consumer goes on after a restart where it stopped before", async () => {
  const first = await startPicky({ batchSize: 10 });
  await put(first, texts(35));
  await first.drained();
  await first.close();
  const second = await startPicky({ batchSize: 10 });
  await put(second, ["later"]);
  await second.drained();
  expect(accepted()).toEqual([...texts(35), "later"]);
});

test("a consumer that starts at LATEST passes over what was there before", async () => {
  const first = await startPicky({});
  await put(first, texts(5));
  await first.close();
  writeFileSync(acceptedPath(), "");
  pipeline = await startPipeline({
    directory: join(folder.path, "data"),
    specs: [
      {
        name: "newcomer",
        mapping: EventSourceMapping.parse({ startingPosition: "LATEST" }),
        handlerModule: new URL("handlers/picky.ts", import.meta.url).href,
        handlerOptions: { log: acceptedPath() },
        workers: 1,
      },
    ],
  });
  const running = pipeline;
  await expect.poll(() => running.consumers(), { timeout: 30_000 }).toMatchObject([{ name: "newcomer", lag: 0 }]);
  await put(running, ["new"]);
  await running.drained();
  expect(accepted()).toEqual(["new"]);
});

/** Without consumers: threads take a second to start. */
const startIdle = () => startPipeline({ directory: join(folder.path, "data"), specs: [] });

describe("a data folder", () => {
  test("in use is refused with the process that uses it", async () => {
    pipeline = await startIdle();
    await expect(startIdle()).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining(`in use by process ${process.pid} since`),
    });
  });

  test("of a killed process is taken over", async () => {
    const directory = join(folder.path, "data");
    const holder = fork(new URL("handlers/lock-holder.ts", import.meta.url), [directory], { execArgv: [] });
    await once(holder, "message");
    await expect(startIdle()).rejects.toThrow(`in use by process ${holder.pid} since`);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    pipeline = await startIdle();
  });

  test("is free again after a clean stop", async () => {
    const first = await startIdle();
    await first.close();
    pipeline = await startIdle();
  });

  test("that is a file is refused", async () => {
    const path = join(folder.path, "file");
    writeFileSync(path, "");
    await expect(startPipeline({ directory: path })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: `the data folder ${path} is a file: choose another one`,
    });
  });

  test.each(["stream", "table", "lock"] as const)(
    "with a broken %s file is refused by the file's name",
    async (file) => {
      const directory = join(folder.path, "data");
      const first = await startIdle();
      await first.close();
      const path = dataPaths(directory)[file];
      writeFileSync(
        path,
        "this is no database, and long enough for SQLite to look at its first hundred bytes".repeat(20),
      );
      await expect(startIdle()).rejects.toMatchObject({
        code: "CORRUPT",
        message: expect.stringContaining(path),
      });
    },
  );

  test.each(["/dev/null/tidewatch", "/proc/tidewatch/data"])(
    "that cannot be made, as %s, is refused",
    async (directory) => {
      await expect(startPipeline({ directory })).rejects.toMatchObject({
        code: "UNAVAILABLE",
        message: expect.stringMatching(
          /^the data folder .* cannot be made or written \(E[A-Z]+\): choose another one$/,
        ),
      });
    },
  );
});
