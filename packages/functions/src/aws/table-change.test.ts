import type { DynamoDBRecord } from "aws-lambda";
import { expect, test } from "vitest";
import { tableChangesOf } from "./table-change.ts";

const SECONDS = Date.UTC(2026, 10, 20, 10) / 1000;
const image = (version: number, more: object = {}) => ({
  pk: { S: "p" },
  sk: { S: "s" },
  version: { N: String(version) },
  ...more,
});
/** As Lambda hands it over. */
const record = (images: object, eventName: "INSERT" | "MODIFY" | "REMOVE" = "MODIFY"): DynamoDBRecord => ({
  eventName,
  dynamodb: { SequenceNumber: "111", ApproximateCreationDateTime: SECONDS, ...images },
});
const expiry = (ms: number) => ({ expiresAtMs: { N: String(ms) }, expiresAt: { N: String(Math.ceil(ms / 1000)) } });

test("bytes come out of base64, and attributes that are for DynamoDB alone stay behind", () => {
  const after = image(1, { doc: { S: "{}" }, bytes: { B: "AP8K" }, ...expiry(SECONDS * 1000 + 1) });
  const [change] = tableChangesOf(record({ NewImage: after }, "INSERT"));
  expect(change).toEqual({
    cursor: "111",
    after: {
      pk: "p",
      sk: "s",
      version: 1,
      doc: "{}",
      bytes: Uint8Array.of(0, 255, 10),
      expiresAtMs: SECONDS * 1000 + 1,
    },
  });
});

test("a removal by TTL is a change without after", () => {
  const ttl = { userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" } };
  const removed = record({ OldImage: image(3, expiry(SECONDS * 1000 - 5)) }, "REMOVE");
  expect(tableChangesOf({ ...removed, ...ttl })).toEqual([
    { cursor: "111", before: { pk: "p", sk: "s", version: 3, expiresAtMs: SECONDS * 1000 - 5 } },
  ]);
});

test("what replaces an expired item is new, and the expiry is told first", () => {
  const both = (expiresAtMs: number) =>
    tableChangesOf(record({ OldImage: image(1, expiry(expiresAtMs)), NewImage: image(2) })).map(
      ({ before, after }) => `${before?.version ?? ""}>${after?.version ?? ""}`,
    );
  expect(both(SECONDS * 1000)).toEqual(["1>", ">2"]);
  expect(both(SECONDS * 1000 + 1)).toEqual(["1>2"]);
});

test("an item of another program is refused with its key", () => {
  const foreign = { pk: { S: "p" }, sk: { S: "theirs" } };
  expect(() => tableChangesOf(record({ NewImage: foreign }))).toThrowError(/item p \/ theirs has no version/);
});
