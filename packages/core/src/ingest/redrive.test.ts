import { beforeEach, expect, test } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { packed, packedLine } from "../../../../test/support/packed.ts";
import { metric, record } from "../../../../test/support/scoring.ts";
import { AppError } from "../errors.ts";
import type { StreamEntry } from "../store/ports.ts";
import { keepFailed } from "./failed.ts";
import { type RedriveOptions, redriveFailed } from "./redrive.ts";

let blobs: ReturnType<typeof memoryBlobs>;
let sent: StreamEntry[];
let breakStream: boolean;
const stream = {
  putMany: async (entries: readonly StreamEntry[]) => {
    if (breakStream) throw new AppError("UNAVAILABLE", "no stream");
    sent.push(...entries);
    return [];
  },
};
let nowMs: number;
const redrive = (options: Partial<RedriveOptions> = {}) =>
  redriveFailed({ blobs, stream, clock: () => nowMs }, { limit: 100, again: false, ...options });
const failed = (number: number, event: unknown, shard = 0) => ({ record: record(number, event, shard), reason: "why" });
const textOf = ({ data }: StreamEntry) => new TextDecoder().decode(data);

beforeEach(() => {
  blobs = memoryBlobs();
  sent = [];
  breakStream = false;
  nowMs = 7;
});

test("failed records go back byte for byte, under their entity, and each object goes once", async () => {
  const one = `{ "type":"metric", "entity":"é", "timestamp":1763632800000, "values":{"cpu":1.0} }`;
  await keepFailed(blobs, "score", [failed(1, one), failed(2, metric("b", 1, { cpu: 2 }))]);
  await keepFailed(blobs, "score", [failed(5, metric("c", 1, { cpu: 3 }), 1)]);
  expect(await redrive()).toEqual({ objects: 2, records: 3, done: 0, unclear: [], unreadable: [] });
  expect(sent.map(({ partitionKey }) => partitionKey)).toEqual(["é", "b", "c"]);
  expect(textOf(sent[0]!)).toBe(one);
  expect(await redrive()).toEqual({ objects: 0, records: 0, done: 2, unclear: [], unreadable: [] });
  expect(sent).toHaveLength(3);
});

/** As Lambda writes it to an S3 destination (AWS's own example, with the whole event as text in `payload`). */
const givenUp = async (name: string, entries: readonly StreamEntry[], parts: object = {}) => {
  const event = {
    Records: entries.map(({ partitionKey, data }, index) => ({
      ...{ eventSource: "aws:kinesis", eventVersion: "1.0", eventID: `shardId-000000000001:4960${index}` },
      kinesis: {
        ...{ kinesisSchemaVersion: "1.0", partitionKey, sequenceNumber: `4960${index}` },
        ...{ data: Buffer.from(data).toString("base64"), approximateArrivalTimestamp: 1573691884.835 },
      },
    })),
  };
  const invocation = {
    requestContext: {
      ...{ requestId: "c9b8fa9f", functionArn: "arn:aws:lambda:us-east-2:123456789012:function:archive" },
      ...{ condition: "RetryAttemptsExhausted", approximateInvokeCount: 1 },
    },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    ...{ version: "1.0", timestamp: "2019-11-14T00:38:06.021Z" },
    KinesisBatchInfo: { shardId: "shardId-000000000001", startSequenceNumber: "49600", batchSize: entries.length },
    payload: JSON.stringify(event),
    ...parts,
  };
  const key = `aws/lambda/6d9b/shardId-000000000001/2019/11/14/2019-11-14T00.38.06-${name}`;
  await blobs.put(key, new TextEncoder().encode(JSON.stringify(invocation)));
  return key;
};
const entry = (partitionKey: string, text: string): StreamEntry => ({
  partitionKey,
  data: new TextEncoder().encode(text),
});

test("batches that a mapping gave up go back too, with their keys, and what is invalid as well: nobody has it else", async () => {
  const noText = { partitionKey: "k", data: Uint8Array.of(0xff, 0x00, 0x80) };
  const batch = [entry("web-1", JSON.stringify(metric("é", 1, { cpu: 1 }))), entry("any", "no event"), noText];
  await givenUp("a", batch);
  await keepFailed(blobs, "score", [failed(1, metric("b", 1, { cpu: 2 }))]);
  expect(await redrive()).toEqual({ objects: 2, records: 4, done: 0, unclear: [], unreadable: [] });
  expect(sent.slice(0, 3)).toEqual(batch);
  expect(sent[3]?.partitionKey).toBe("b");
  expect(await redrive()).toEqual({ objects: 0, records: 0, done: 2, unclear: [], unreadable: [] });
});

test("one without its records is named each time, and holds up no other", async () => {
  const key = await givenUp("a", [], { payload: undefined });
  await givenUp("b", [entry("web-1", "x")]);
  for (const done of [0, 1]) {
    const report = await redrive();
    expect(report).toEqual({ objects: 1 - done, records: 1 - done, done, unclear: [], unreadable: [key] });
  }
  await blobs.put(key, (await blobs.get(await givenUp("c", [entry("web-2", "y")])))!);
  expect(await redrive({ again: true })).toMatchObject({ objects: 2, unreadable: [] });
});

test.each(["cut off", "a payload that is cut off"])("one that is %s is named: it holds no records", async (what) => {
  const key = await givenUp("a", [entry("web-1", "x")], what === "cut off" ? {} : { payload: '{"Records":[{' });
  const bytes = (await blobs.get(key))!;
  if (what === "cut off") await blobs.put(key, bytes.subarray(0, 40));
  expect(await redrive()).toEqual({ objects: 0, records: 0, done: 0, unclear: [], unreadable: [key] });
});

test("steps go on from one folder to the other, and end early after many records", async () => {
  for (const name of ["a", "b"]) {
    await givenUp(
      name,
      Array.from({ length: 6000 }, (_, index) => entry(`${name}${index}`, "x")),
    );
  }
  for (const number of [1, 2]) await keepFailed(blobs, "score", [failed(number, metric(`e${number}`, 1, { cpu: 1 }))]);
  const steps: number[] = [];
  let after: string | undefined;
  do {
    const report = await redrive({ limit: 3, ...(after === undefined ? {} : { after }) });
    steps.push(report.objects);
    after = report.next;
  } while (after !== undefined);
  expect(steps).toEqual([2, 2]);
  expect(new Set(sent.map(({ partitionKey }) => partitionKey)).size).toBe(12_002);
});

test("nothing is failed, nothing is sent; other consumers' failed records are left alone", async () => {
  await keepFailed(blobs, "score", []);
  await keepFailed(blobs, "other", [failed(1, metric("a", 1, { cpu: 1 }))]);
  expect(await redrive()).toEqual({ objects: 0, records: 0, done: 0, unclear: [], unreadable: [] });
});

test("a record of which much failed is kept once, with the first reason, and goes back once", async () => {
  const [first, second] = [failed(1, metric("a", 1, { cpu: 1 })), failed(2, metric("b", 1, { cpu: 1 }))];
  await keepFailed(blobs, "score", [first, { ...first, reason: "later" }, second, { ...first, reason: "last" }]);
  expect(await redrive()).toMatchObject({ objects: 1, records: 2 });
  expect(sent.map(({ partitionKey }) => partitionKey)).toEqual(["a", "b"]);
  const [kept] = [...blobs.objects].filter(([key]) => key.startsWith("failed/score/")).map(([, bytes]) => bytes);
  expect(new TextDecoder().decode(kept)).not.toMatch(/later|last/);
});

test("an object that a redrive began and did not finish is named, and sent again only on demand", async () => {
  await keepFailed(blobs, "score", [failed(1, metric("a", 1, { cpu: 1 }))]);
  breakStream = true;
  await expect(redrive()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  breakStream = false;
  const { unclear, ...rest } = await redrive();
  expect(rest).toEqual({ objects: 0, records: 0, done: 0, unreadable: [] });
  expect(unclear).toEqual([[...blobs.objects.keys()].find((key) => key.startsWith("failed/score/"))]);
  expect(await redrive({ again: true })).toMatchObject({ objects: 1, records: 1, unclear: [] });
  expect(await redrive({ again: true })).toMatchObject({ objects: 0, done: 1 });
  expect(sent).toHaveLength(1);
});

test("a long list is taken in steps, two redrives at once share it out", async () => {
  for (let n = 0; n < 25; n++) await keepFailed(blobs, "score", [failed(n, metric(`e${n}`, 1, { cpu: 1 }))]);
  let after: string | undefined;
  let steps = 0;
  do {
    const options = { limit: 10, ...(after === undefined ? {} : { after }) };
    const both = await Promise.all([redrive(options), redrive(options)]);
    after = both[0]!.next;
    steps++;
  } while (after !== undefined);
  expect(steps).toBe(3);
  expect(new Set(sent.map(({ partitionKey }) => partitionKey)).size).toBe(25);
  expect(sent).toHaveLength(25);
});

test("no object is begun when the time is over, and none is left unclear: the next call goes on", async () => {
  for (let n = 0; n < 5; n++) await keepFailed(blobs, "score", [failed(n, metric(`e${n}`, 1, { cpu: 1 }))]);
  const slow = {
    putMany: async (entries: readonly StreamEntry[]) => {
      nowMs += 4000;
      return await stream.putMany(entries);
    },
  };
  const steps: number[] = [];
  let after: string | undefined;
  do {
    const options = { limit: 100, again: false, after, stopAtMs: nowMs + 6000 };
    const report = await redriveFailed({ blobs, stream: slow, clock: () => nowMs }, options);
    expect(report).toMatchObject({ done: 0, unclear: [] });
    steps.push(report.objects);
    after = report.next;
  } while (after !== undefined);
  expect(steps).toEqual([2, 2, 1]);
  expect(sent).toHaveLength(5);
  // One in any case: a call whose time is over from the start gets on nevertheless.
  expect(await redrive({ stopAtMs: 0 })).toMatchObject({ done: 1, next: expect.any(String) });
});

test("a mark that cannot be read is named", async () => {
  await keepFailed(blobs, "score", [failed(1, metric("a", 1, { cpu: 1 }))]);
  await redrive();
  const mark = [...blobs.objects.keys()].find((key) => key.startsWith("failed/redriven/"))!;
  for (const text of ["{", "{}"]) {
    await blobs.put(mark, new TextEncoder().encode(text));
    await expect(redrive()).rejects.toMatchObject({ code: "CORRUPT", message: expect.stringContaining(mark) });
  }
});

test("objects that somebody deletes meanwhile are named", async () => {
  await keepFailed(blobs, "score", [failed(1, metric("a", 1, { cpu: 1 }))]);
  const { get } = blobs;
  blobs.get = async () => undefined;
  await expect(redrive()).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(redrive()).rejects.toMatchObject({ code: "NOT_FOUND" });
  blobs.get = get;
  expect(await redrive()).toMatchObject({ unclear: [expect.stringContaining("failed/score/")] });
});

test("records of the log stage go back too, those with many log events whole", async () => {
  const line = { type: "log", entity: "web", timestamp: 1_763_632_800_000, message: "m", session: "s" };
  const [plain, many] = [failed(1, line), failed(2, "")];
  many.record.data = packed([packedLine("one"), packedLine("two")]);
  await keepFailed(blobs, "log", [plain, many]);
  expect(await redrive()).toMatchObject({ objects: 1, records: 2 });
  expect(sent).toEqual([
    { partitionKey: "s", data: plain.record.data },
    { partitionKey: many.record.sequenceNumber, data: many.record.data },
  ]);
});
