import { gzipSync } from "node:zlib";
import { recordFilter } from "@tidewatch/local/consumer/filter";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EVENT_SOURCE_MAPPINGS } from "./event-source-mappings.ts";
import { isForLogs } from "./log-records.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ['{"type":"log","entity":"a","timestamp":1,"message":"m"}', true],
  ['{ "entity": "a", "message": "m", "type" : "log" }', true],
  ['{"type":"\\u006cog"}', true],
  ['{"type":"metric","entity":"a","timestamp":1,"values":{"cpu":1}}', false],
  ['{"type":"metric","entity":"a","timestamp":1,"values":{"cpu":1},"tags":{"type":"log"}}', false],
  ['{"type":"metric","type":"log"}', true],
  ['{"type":["log"]}', false],
  ['["type"]', false],
  ["null", false],
  ["not JSON", false],
  ["", false],
])("%s", (text, expected) => {
  expect(isForLogs(bytes(text))).toBe(expected);
});

test("what CloudWatch Logs puts on the stream passes, as bytes and in base64", () => {
  const packed = gzipSync('{"messageType":"DATA_MESSAGE"}');
  expect(isForLogs(packed)).toBe(true);
  expect(isForLogs(bytes(packed.toString("base64")))).toBe(true);
  expect(isForLogs(Uint8Array.of(0x1f))).toBe(false);
});

test("for JSON it is the filter that Lambda has for this consumer", () => {
  const filter = recordFilter(EVENT_SOURCE_MAPPINGS.log.filterCriteria);
  const type = fc.oneof(fc.constantFrom("log", "metric"), fc.string(), fc.integer());
  const event = fc.record(
    { type, entity: fc.string(), tags: fc.dictionary(fc.constantFrom("type", "a"), fc.string()) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(event, fc.nat(2), (value, spaces) => {
      const data = bytes(JSON.stringify(value, null, spaces));
      expect(isForLogs(data)).toBe(filter(data));
    }),
  );
});
