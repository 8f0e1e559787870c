import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBySchema, decodeEvent, decodeText, decodeValue, encodeEvent, MAX_RECORD_BYTES } from "./decode.ts";
import { EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS } from "./event.ts";
import { plainEvent } from "./plain-event.ts";

const encoder = new TextEncoder();
const decode = (text: string) => decodeEvent(encoder.encode(text));
const metric = (fields: Record<string, unknown> = {}) => ({
  type: "metric",
  entity: "host-1",
  timestamp: 1763632800000,
  values: { cpu: 45.2 },
  ...fields,
});

describe("a metric event", () => {
  test("has its time in epoch milliseconds whatever the producer wrote", () => {
    const times = ["2026-11-20T10:00:00Z", "2026-11-20T11:00:00.000+01:00", Date.UTC(2026, 10, 20, 10)];
    for (const timestamp of times) {
      const decoded = decode(JSON.stringify(metric({ timestamp })));
      expect(decoded).toEqual({ ok: true, event: metric({ timestamp: Date.UTC(2026, 10, 20, 10) }) });
    }
  });

  test("may miss values and carry tags", () => {
    const event = metric({ values: { cpu: null, "disk.used": 1e300 }, tags: { env: "prod" } });
    expect(decode(JSON.stringify(event))).toEqual({ ok: true, event });
  });

  test("keeps a name that looks like one of Object's own", () => {
    const decoded = decode('{"type":"metric","entity":"a","timestamp":1763632800000,"values":{"constructor":1}}');
    expect(decoded).toMatchObject({ ok: true, event: { values: { constructor: 1 } } });
  });
});

const REFUSED: [what: string, text: string, reason: RegExp][] = [
  ["an empty record", "", /^empty$/],
  ["text that is not JSON", "hello", /^not JSON: /],
  ["truncated JSON", '{"type":"metric","entity":"a"', /^not JSON: /],
  ["a NaN token", '{"type":"metric","entity":"a","timestamp":1763632800000,"values":{"cpu":NaN}}', /^not JSON: /],
  ["a byte order mark", `\uFEFF${JSON.stringify(metric())}`, /^begins with a byte order mark$/],
  ["null", "null", /^not a JSON object$/],
  ["an array", JSON.stringify([metric()]), /^not a JSON object$/],
  ["no type", "{}", /^type: must be "metric" or "log"$/],
  ["an unknown type", '{"type":"trace"}', /^type: must be "metric" or "log"$/],
  ["an unknown key", JSON.stringify(metric({ foo: 1 })), /^unknown key "foo"$/],
  ["an entity that is no string", JSON.stringify(metric({ entity: 5 })), /^entity must be a string$/],
  ["an empty entity", JSON.stringify(metric({ entity: "" })), /^entity must not be empty$/],
  ["a long entity", JSON.stringify(metric({ entity: "é".repeat(129) })), /^entity must be at most 256 bytes of UTF-8$/],
  ["half a surrogate pair", JSON.stringify(metric({ entity: "\ud800" })), /^entity must be well-formed Unicode$/],
  ["a value that is text", JSON.stringify(metric({ values: { cpu: "1" } })), /^values\.cpu: a value must be a finite/],
  [
    "a value that is too large",
    '{"type":"metric","entity":"a","timestamp":1763632800000,"values":{"cpu":1e999}}',
    /^values\.cpu: a value must be a finite number or null$/,
  ],
  ["no value", JSON.stringify(metric({ values: {} })), /^values must have 1 to 64 metrics$/],
  ["values in an array", JSON.stringify(metric({ values: [1] })), /^values must be an object$/],
  ["an empty metric name", JSON.stringify(metric({ values: { "": 1 } })), /metric name must not be empty$/],
  ["a tag that is no text", JSON.stringify(metric({ tags: { env: 1 } })), /^tags\.env: tag value must be a string$/],
  ["seconds for milliseconds", JSON.stringify(metric({ timestamp: 1763632800 })), /^timestamp must lie between 1990/],
  ["a time in the far future", JSON.stringify(metric({ timestamp: "2199-01-01T00:00:00Z" })), /^timestamp must lie/],
  ["half a millisecond", JSON.stringify(metric({ timestamp: 1763632800000.5 })), /^timestamp must be RFC 3339/],
  [
    "a day that does not exist",
    JSON.stringify(metric({ timestamp: "2026-02-30T00:00:00Z" })),
    /^timestamp must be RFC/,
  ],
  [
    "a log line without a message",
    '{"type":"log","entity":"a","timestamp":1763632800000}',
    /^message must be a string$/,
  ],
  [
    "a metric called __proto__",
    '{"type":"metric","entity":"a","timestamp":1763632800000,"values":{"b":2,"__proto__":1}}',
    /"__proto__" is not allowed$/,
  ],
  [
    "a key called __proto__",
    '{"type":"metric","entity":"a","timestamp":1763632800000,"values":{"b":2},"__proto__":{"x":1}}',
    /"__proto__" is not allowed$/,
  ],
  ["deep nesting", `{"a":${"[".repeat(40)}${"]".repeat(40)}}`, /^nested deeper than 16 levels$/],
];

describe("refused with a reason", () => {
  test.each(REFUSED)("%s", (_what, text, reason) => {
    expect(decode(text)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });

  test("bytes that are not UTF-8", () => {
    expect(decodeEvent(Uint8Array.of(0x7b, 0xff, 0x7d))).toEqual({ ok: false, reason: "not UTF-8" });
  });

  test("more bytes than a stream record holds", () => {
    expect(decodeEvent(new Uint8Array(MAX_RECORD_BYTES + 1))).toEqual({
      ok: false,
      reason: "larger than 1048576 bytes",
    });
  });

  test("a megabyte of brackets, without parsing it", () => {
    expect(decode("[".repeat(MAX_RECORD_BYTES))).toEqual({ ok: false, reason: "nested deeper than 16 levels" });
  });

  test("brackets inside a string are no nesting", () => {
    const event = { type: "log", entity: "a", timestamp: 1763632800000, message: `\\"${"[{".repeat(9000)}` };
    expect(decode(JSON.stringify(event))).toEqual({ ok: true, event });
  });

  test("a reason stays short when the offending key is long", () => {
    const decoded = decode(JSON.stringify(metric({ ["k".repeat(10_000)]: 1 })));
    expect(decoded.ok ? "" : decoded.reason).toHaveLength(301);
  });

  test("a refused key leaves the prototype of objects alone", () => {
    decode('{"type":"metric","entity":"a","timestamp":1763632800000,"values":{"a":1},"__proto__":{"polluted":1}}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

/** Mostly valid parts, with every kind of invalid one now and then. */
const oddValue = fc.oneof(fc.jsonValue(), fc.constantFrom(Number.POSITIVE_INFINITY, Number.NaN, undefined));
const mostly = <T>(good: fc.Arbitrary<T>, weight = 20) =>
  fc.oneof({ weight, arbitrary: good }, { weight: 1, arbitrary: oddValue });
const name = fc.oneof(
  { weight: 60, arbitrary: fc.string({ minLength: 1, maxLength: 90 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) },
);
const dictionary = <T>(value: fc.Arbitrary<T>, most: number) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.dictionary(name, value, { minKeys: 1, maxKeys: 5 }) },
    { weight: 1, arbitrary: fc.dictionary(name, value, { maxKeys: most }) },
  );
const isoTime = fc
  .date({ min: new Date(0), max: new Date("2110-01-01T00:00:00Z"), noInvalidDate: true })
  .map((date) => date.toISOString());
const timestamp = fc.oneof(
  fc.integer({ min: EARLIEST_TIMESTAMP_MS - 2, max: LATEST_TIMESTAMP_MS + 2 }),
  isoTime,
  isoTime.map((text) => text.replace(/\.\d+Z$/, "Z")),
  fc.stringMatching(/^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,3})?(Z|z|\+01:00|)$/),
);
const anyEvent = fc.record(
  {
    type: mostly(fc.constant("metric")),
    entity: mostly(name),
    timestamp: mostly(timestamp),
    values: mostly(dictionary(mostly(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })), 100), 70)),
    tags: mostly(dictionary(mostly(name, 100), 35)),
  },
  { requiredKeys: ["type", "entity", "timestamp", "values"] },
);
const anyLog = fc.record(
  {
    type: mostly(fc.constant("log")),
    entity: mostly(name),
    timestamp: mostly(timestamp),
    message: mostly(fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("é".repeat(16_385)))),
    session: mostly(name),
    tags: mostly(dictionary(mostly(name, 100), 35)),
  },
  { requiredKeys: ["type", "entity", "timestamp", "message"] },
);
const withOddKeys = fc
  .tuple(
    fc.oneof(anyEvent, anyLog),
    fc.oneof({ weight: 9, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.object() }),
  )
  .map(([event, more]) => ({ ...event, ...more }));

describe("laws", () => {
  test("what the plain form accepts, the schema accepts with the same result", () => {
    let plain = 0;
    fc.assert(
      fc.property(withOddKeys, (value) => {
        const fast = plainEvent(value);
        if (fast) plain++;
        const bySchema = decodeBySchema(value);
        if (fast) expect(bySchema).toEqual({ ok: true, event: fast });
        expect(decodeValue(value)).toEqual(bySchema);
      }),
      { numRuns: 3000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  test("every byte string gives an event or a reason, never an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodeEvent(bytes);
        expect(decoded.ok || decoded.reason.length > 0).toBe(true);
      }),
    );
  });

  test("a cut or changed event gives an event or a reason", () => {
    const text = JSON.stringify(metric({ tags: { env: "prod" } }));
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(text.length), fc.string({ maxLength: 5 }), (from, length, insert) => {
        const decoded = decodeText(text.slice(0, from) + insert + text.slice(from + length));
        expect(decoded.ok || decoded.reason.length > 0).toBe(true);
      }),
    );
  });

  test("an encoded event decodes to itself", () => {
    fc.assert(
      fc.property(withOddKeys, (value) => {
        const decoded = decodeValue(value);
        fc.pre(decoded.ok);
        // JSON has no -0: it comes back as 0.
        expect(decodeEvent(encodeEvent(decoded.event))).toEqual(JSON.parse(JSON.stringify(decoded)));
      }),
    );
  });
});
