import { gzipSync } from "node:zlib";
import { inflate } from "@tidewatch/functions/inflate";
import { expect, test } from "vitest";
import { ARRIVAL_MS, archived, gunzipped, logEvent, pointerTo } from "../../../../../test/support/log-archive.ts";
import { memoryBlobs } from "../../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { metric, record, T0 } from "../../../../../test/support/scoring.ts";
import { decodeRecord } from "../../ingest/decode-record.ts";
import { MAX_OBJECTS, resolvePointers } from "./pointers.ts";

const world = () => {
  const blobs = memoryBlobs();
  const gets: string[] = [];
  const get = async (key: string) => {
    gets.push(key);
    return await blobs.get(key);
  };
  return { table: memoryTable(), objects: blobs.objects, blobs: { ...blobs, get }, gets, gunzip: gunzipped };
};
const HOUR_MS = 3_600_000;
const FOLDER = "events/dt=2026-11-21/hour=10/shardId-000000000000-";

test("a line is found among metrics and refused records, in the object of its own record", async () => {
  const ports = world();
  const event = logEvent("it failed", 5);
  await archived(ports, [record(1, logEvent("before")), record(2, "{no json"), record(3, metric("a", 1, { cpu: 1 }))]);
  const { type, ...rest } = metric("a", 2, { cpu: 1 });
  await archived(ports, [record(4, { ...rest, type }), record(5, "{no json"), record(6, event)]);
  await archived(ports, [record(7, logEvent("after"))]);
  expect(await resolvePointers(ports, [pointerTo(event, 6), pointerTo(logEvent("before"), 1)])).toEqual([
    {
      object: `${FOLDER}${record(4, "").sequenceNumber}.ndjson.gz`,
      line: 2,
      text: "it failed",
      timestampMs: event.timestamp,
    },
    expect.objectContaining({ object: `${FOLDER}${record(1, "").sequenceNumber}.ndjson.gz`, line: 1, text: "before" }),
  ]);
});

test("the same text at another time, of another entity or session is another line", async () => {
  const ports = world();
  const events = [
    logEvent("beat", 1),
    logEvent("beat", 2),
    logEvent("beat", 2, { entity: "db" }),
    logEvent("beat", 2, { session: "s" }),
  ];
  await archived(
    ports,
    events.map((event, index) => record(index + 1, event)),
  );
  const found = await resolvePointers(
    ports,
    events.map((event, index) => pointerTo(event, index + 1)),
  );
  expect(found.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
  expect(ports.gets).toHaveLength(1);
});

test("a line of a record of CloudWatch Logs, which has many, is found among all of its lines", async () => {
  const ports = world();
  const logEvents = ["one", "two", "two", "three"].map((message, id) => ({ id, timestamp: T0 + id, message }));
  const packed = { messageType: "DATA_MESSAGE", logGroup: "/aws/lambda/f", logStream: "s", logEvents };
  const data = new Uint8Array(gzipSync(JSON.stringify(packed)));
  await archived(ports, [record(1, logEvent("before")), { ...record(2, ""), data }]);
  const events = decodeRecord(data, inflate).flatMap((part) =>
    part.ok && part.event.type === "log" ? [part.event] : [],
  );
  const found = await resolvePointers(
    ports,
    events.map((event, part) => ({ ...pointerTo(event, 2), part })),
  );
  expect(found.map(({ line, text }) => [line, text])).toEqual([
    [2, "one"],
    [3, "two"],
    [4, "two"],
    [5, "three"],
  ]);
});

test("records of one batch on both sides of an hour, and of two shards, lie in objects of their own", async () => {
  const ports = world();
  const [late, next, other] = [logEvent("late"), logEvent("next"), logEvent("other")];
  await archived(ports, [record(1, late), record(2, next, 0, ARRIVAL_MS + HOUR_MS), record(1, other, 1)]);
  const found = await resolvePointers(ports, [
    pointerTo(late, 1),
    pointerTo(next, 2, 0, ARRIVAL_MS + HOUR_MS),
    pointerTo(other, 1, 1),
  ]);
  expect(found.map(({ text }) => text)).toEqual(["late", "next", "other"]);
  expect(ports.gets).toHaveLength(3);
});

test("what the archive has not taken yet, or has no longer, is told from each other", async () => {
  const ports = world();
  const [early, gone] = [logEvent("early"), logEvent("gone")];
  const before = await resolvePointers(ports, [pointerTo(early, 1)]);
  expect(before).toEqual([{ object: null, line: null, text: null, reason: "not archived yet" }]);
  await archived(ports, [record(1, gone)]);
  ports.objects.clear();
  await archived(ports, [record(2, early)]);
  await archived(ports, [record(3, logEvent("more"))]);
  const found = await resolvePointers(ports, [
    pointerTo(gone, 1),
    pointerTo(logEvent("something else"), 2),
    pointerTo(early, 4),
    pointerTo(early, 2),
  ]);
  expect(found.map((line) => ("reason" in line ? line.reason : line.text))).toEqual([
    "not in the archive",
    "not in the archive",
    "not archived yet",
    "early",
  ]);
});

test("an object that disappears between listing and reading is no failure", async () => {
  const ports = world();
  await archived(ports, [record(1, logEvent("a"))]);
  ports.blobs.get = async () => undefined;
  const [line] = await resolvePointers(ports, [pointerTo(logEvent("a"), 1)]);
  expect(line).toMatchObject({ object: expect.stringContaining(FOLDER), line: null, reason: "not in the archive" });
});

test("a request reads so many objects and no more", async () => {
  const ports = world();
  const events = Array.from({ length: MAX_OBJECTS + 2 }, (_, index) => logEvent(`line ${index}`));
  for (const [index, event] of events.entries()) await archived(ports, [record(index + 1, event)]);
  const pointers = events.map((event, index) => pointerTo(event, index + 1));
  const found = await resolvePointers(ports, [...pointers, pointers[0]!]);
  expect(ports.gets).toHaveLength(MAX_OBJECTS);
  expect(found.slice(MAX_OBJECTS).map((line) => ("reason" in line ? line.reason : line.text))).toEqual([
    "not looked up",
    "not looked up",
    "line 0",
  ]);
});

test("among more objects than a page of keys the right one is found, whatever the numbers' lengths", async () => {
  const ports = world();
  const event = logEvent("here");
  for (let number = 1; number <= 1100; number++) {
    const each = { ...record(number, number === 1050 ? event : logEvent(`${number}`)), sequenceNumber: String(number) };
    await archived(ports, [each]);
  }
  for (const name of ["notes.txt", "7-1049.ndjson.gz"]) ports.objects.set(`${FOLDER}${name}`, new Uint8Array(0));
  const [line] = await resolvePointers(ports, [{ ...pointerTo(event, 1), sequenceNumber: "1050" }]);
  expect(line).toMatchObject({ object: `${FOLDER}1050.ndjson.gz`, text: "here" });
});
