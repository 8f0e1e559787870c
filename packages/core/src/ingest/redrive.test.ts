import { beforeEach, expect, test } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { metric, record } from "../../../../test/support/scoring.ts";
import { AppError } from "../errors.ts";
import type { StreamEntry } from "../store/ports.ts";
import { keepFailed } from "./failed.ts";
import { redriveFailed } from "./redrive.ts";

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
const redrive = (options: { after?: string; limit?: number; again?: boolean } = {}) =>
  redriveFailed({ blobs, stream, clock: () => 7 }, { limit: 100, again: false, ...options });
const failed = (number: number, event: unknown, shard = 0) => ({ record: record(number, event, shard), reason: "why" });
const textOf = ({ data }: StreamEntry) => new TextDecoder().decode(data);

beforeEach(() => {
  blobs = memoryBlobs();
  sent = [];
  breakStream = false;
});

test("failed records go back byte for byte, under their entity, and each object goes once", async () => {
  const one = `{ "type":"metric", "entity":"é", "timestamp":1763632800000, "values":{"cpu":1.0} }`;
  await keepFailed(blobs, "score", [failed(1, one), failed(2, metric("b", 1, { cpu: 2 }))]);
  await keepFailed(blobs, "score", [failed(5, metric("c", 1, { cpu: 3 }), 1)]);
  expect(await redrive()).toEqual({ objects: 2, records: 3, done: 0, unclear: [] });
  expect(sent.map(({ partitionKey }) => partitionKey)).toEqual(["é", "b", "c"]);
  expect(textOf(sent[0]!)).toBe(one);
  expect(await redrive()).toEqual({ objects: 0, records: 0, done: 2, unclear: [] });
  expect(sent).toHaveLength(3);
});

test("nothing is failed, nothing is sent; other consumers' failed records are left alone", async () => {
  await keepFailed(blobs, "score", []);
  await keepFailed(blobs, "other", [failed(1, metric("a", 1, { cpu: 1 }))]);
  expect(await redrive()).toEqual({ objects: 0, records: 0, done: 0, unclear: [] });
});

test("bytes that are no event are not sent: nobody could score them", async () => {
  const broken = { ...record(1, ""), data: Uint8Array.of(0xff, 0xfe) };
  await keepFailed(blobs, "score", [{ record: broken, reason: "why" }, failed(2, metric("a", 1, { cpu: 1 }))]);
  expect(await redrive()).toMatchObject({ objects: 1, records: 1 });
});

test("an object that a redrive began and did not finish is named, and sent again only on demand", async () => {
  await keepFailed(blobs, "score", [failed(1, metric("a", 1, { cpu: 1 }))]);
  breakStream = true;
  await expect(redrive()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  breakStream = false;
  const { unclear, ...rest } = await redrive();
  expect(rest).toEqual({ objects: 0, records: 0, done: 0 });
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
