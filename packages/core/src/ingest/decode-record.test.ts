import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeEvent, encodeEvent } from "./decode.ts";
import { decodeRecord, type Inflate, isPacked } from "./decode-record.ts";

const inflate: Inflate = (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength });
const utf8 = (text: string) => new TextEncoder().encode(text);
const AT_MS = 1_763_632_800_123;

const subscription = (logEvents: unknown, parts: object = {}) => ({
  ...{ messageType: "DATA_MESSAGE", owner: "123456789012", logGroup: "/aws/lambda/f", logStream: "2026/11/21/[1]a" },
  ...{ subscriptionFilters: ["tidewatch"], logEvents },
  ...parts,
});
const zipped = (value: unknown) => gzipSync(typeof value === "string" ? value : JSON.stringify(value));
const inBase64 = (value: unknown) => utf8(zipped(value).toString("base64"));
const line = (message: unknown, timestamp: unknown = AT_MS) => ({ id: "1", timestamp, message });
const reasonsOf = (data: Uint8Array) => decodeRecord(data, inflate).map((part) => (part.ok ? "" : part.reason));

test("a plain record has the one event that it always had", () => {
  const event = { type: "metric", entity: "a", timestamp: AT_MS, values: { cpu: 1 } } as const;
  for (const data of [encodeEvent(event), utf8("x"), utf8(""), utf8("Hello"), Uint8Array.of(0x1f), utf8("H4s")]) {
    expect(isPacked(data)).toBe(false);
    expect(decodeRecord(data, inflate)).toEqual([decodeEvent(data)]);
  }
});

test("a record of CloudWatch Logs has an event per line, as gzip and as base64 of it", () => {
  const record = subscription([line("START\n"), line("panic: no\n\tat main\n", AT_MS + 1)]);
  const tags = { stream: "2026/11/21/[1]a" };
  const event = { type: "log", entity: "/aws/lambda/f", timestamp: AT_MS, message: "START", tags };
  const expected = [event, { ...event, timestamp: AT_MS + 1, message: "panic: no\n\tat main" }];
  for (const data of [zipped(record), inBase64(record), utf8(`${zipped(record).toString("base64")}\n`)]) {
    expect(isPacked(data)).toBe(true);
    expect(decodeRecord(data, inflate)).toEqual(expected.map((each) => ({ ok: true, event: each })));
  }
  expect(decodeRecord(zipped({ messageType: "CONTROL_MESSAGE" }), inflate)).toEqual([]);
});

test("a line that breaks a rule is refused alone, with its reason and what it was", () => {
  const parts = decodeRecord(
    zipped(subscription([line("fine"), line("x".repeat(32_769)), line("early", 5), line(7), null, line("good")])),
    inflate,
  );
  expect(parts.map((part) => (part.ok ? "" : part.reason))).toEqual([
    "",
    "message must be at most 32 KB of UTF-8",
    "timestamp must lie between 1990 and 2100 (epoch milliseconds, not seconds)",
    "message must be a string",
    expect.stringContaining("timestamp"),
    "",
  ]);
  const early = parts[2] as { text: string };
  expect(JSON.parse(early.text)).toMatchObject({
    type: "log",
    entity: "/aws/lambda/f",
    timestamp: 5,
    message: "early",
  });
  expect(reasonsOf(zipped(subscription([line("x")], { logGroup: "g".repeat(257) })))).toEqual([
    "entity must be at most 256 bytes of UTF-8",
  ]);
});

test("hostile records are refused as a whole, with a reason", () => {
  const record = zipped(subscription([line("x")]));
  const inflated = /^cannot be inflated to at most 8388608 bytes: /;
  expect(reasonsOf(record.subarray(0, -9))).toEqual([expect.stringMatching(inflated)]);
  expect(reasonsOf(Buffer.concat([record.subarray(0, 12), Buffer.alloc(40, 0xff)]))).toEqual([
    expect.stringMatching(inflated),
  ]);
  expect(reasonsOf(gzipSync(Buffer.alloc(17 * 1024 * 1024)))).toEqual([expect.stringMatching(inflated)]);
  expect(reasonsOf(utf8("H4sIé"))).toEqual([expect.stringMatching(/: not base64$/)]);
  expect(reasonsOf(zipped(Buffer.from([0xff, 0xfe]) as unknown))).toEqual([
    expect.stringContaining("not a CloudWatch"),
  ]);
  expect(reasonsOf(gzipSync(Buffer.from([0xff])))).toEqual(["not UTF-8, once inflated"]);
  for (const text of ["", "no JSON", "[]", "7", '{"type":"metric"}', JSON.stringify(subscription({}))]) {
    expect(reasonsOf(zipped(text))).toEqual([expect.stringContaining("not a CloudWatch Logs subscription record")]);
  }
  expect(reasonsOf(zipped("[".repeat(1_000_000)))).toEqual(["nested deeper than 16 levels"]);
  expect(reasonsOf(zipped(subscription(Array.from({ length: 50_001 }, () => line("x")))))).toEqual([
    "more than 50000 log events",
  ]);
  const random = Buffer.from(Array.from({ length: 1_048_577 }, (_, at) => (at * 2_654_435_761) >>> 24));
  expect(reasonsOf(Buffer.concat([gzipSync(""), random]))).toEqual(["larger than 1048576 bytes"]);
});

test("what a platform's inflate throws becomes a reason, whatever it is", () => {
  const broken = () => {
    throw "out of order";
  };
  expect(decodeRecord(gzipSync(""), broken)).toMatchObject([
    { ok: false, reason: expect.stringMatching(/out of order$/) },
  ]);
});

test("no record makes it throw, and each line comes out as it went in", () => {
  const message = fc.string({ unit: "binary", maxLength: 50 }).map((text) => text.replace(/\r?\n$/, ""));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), fc.boolean(), (messages, isText) => {
      const record = subscription(messages.map((text) => line(text)));
      const parts = decodeRecord(isText ? inBase64(record) : zipped(record), inflate);
      expect(parts.map((part) => (part.ok && part.event.type === "log" ? part.event.message : part))).toEqual(messages);
    }),
  );
  const start = fc.constantFrom([0x1f, 0x8b], [0x1f, 0x8b, 8], [...utf8("H4sI")], [...gzipSync("{}").subarray(0, 15)]);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 200 }), (head, rest) => {
      for (const part of decodeRecord(Uint8Array.from([...head, ...rest]), inflate)) {
        if (!part.ok) expect(part.reason.length).toBeLessThanOrEqual(301);
      }
    }),
  );
});
