import { describe, expect, test } from "vitest";
import { recordFilter } from "./filter.ts";

const encoder = new TextEncoder();
const matches = (pattern: object, data: unknown): boolean =>
  recordFilter({ filters: [{ pattern: JSON.stringify({ data: pattern }) }] })(encoder.encode(JSON.stringify(data)));

/** Operators and their meaning as in the table "Filter rule syntax" of Lambda's developer guide. */
const CASES: [operator: string, pattern: object, yes: unknown[], no: unknown[]][] = [
  [
    "equals",
    { type: ["metric"] },
    [{ type: "metric" }, { type: ["log", "metric"] }],
    [{ type: "log" }, {}, { type: { metric: 1 } }],
  ],
  ["or", { type: ["metric", "log"] }, [{ type: "log" }], [{ type: "trace" }]],
  ["null", { id: [null] }, [{ id: null }], [{ id: "" }, {}]],
  ["empty", { name: [""] }, [{ name: "" }], [{ name: "x" }, { name: null }]],
  ["and over fields", { a: ["x"], b: ["y"] }, [{ a: "x", b: "y" }], [{ a: "x" }, { b: "y" }]],
  [
    "not",
    { weather: [{ "anything-but": ["Raining"] }] },
    [{ weather: "Dry" }, { weather: null }],
    [{ weather: "Raining" }, {}],
  ],
  [
    "numeric equals",
    { price: [{ numeric: ["=", 100] }] },
    [{ price: 100 }, { price: 1e2 }],
    [{ price: "100" }, { price: 99 }],
  ],
  [
    "numeric range",
    { price: [{ numeric: [">", 10, "<=", 20] }] },
    [{ price: 20 }, { price: 10.5 }],
    [{ price: 10 }, { price: 21 }],
  ],
  ["exists", { name: [{ exists: true }] }, [{ name: null }, { name: 0 }], [{}, { name: { first: "x" } }]],
  ["does not exist", { name: [{ exists: false }] }, [{}, { other: 1 }], [{ name: "" }]],
  ["begins with", { region: [{ prefix: "us-" }] }, [{ region: "us-east-1" }], [{ region: "eu-us-" }, { region: 5 }]],
  ["ends with", { file: [{ suffix: ".png" }] }, [{ file: "a.png" }], [{ file: "a.png.txt" }]],
  ["equals ignoring case", { name: [{ "equals-ignore-case": "alice" }] }, [{ name: "ALICE" }], [{ name: "alicia" }]],
  [
    "nested",
    { order: { type: ["buy"] } },
    [{ order: { type: "buy" } }, { order: [{ type: "sell" }, { type: "buy" }] }],
    [{ type: "buy" }, { order: "buy" }],
  ],
  ["nested absence", { order: { type: [{ exists: false }] } }, [{}, { order: {} }], [{ order: { type: 1 } }]],
  [
    "or over fields",
    { kind: ["k"], $or: [{ a: ["1"] }, { b: [{ exists: true }] }] },
    [
      { kind: "k", a: "1" },
      { kind: "k", b: 2 },
    ],
    [{ kind: "k" }, { a: "1" }],
  ],
];

describe("event filtering", () => {
  test.each(CASES)("%s", (_operator, pattern, yes, no) => {
    for (const data of yes) expect(matches(pattern, data), JSON.stringify(data)).toBe(true);
    for (const data of no) expect(matches(pattern, data), JSON.stringify(data)).toBe(false);
  });

  test("a record that satisfies one of several filters is delivered", () => {
    const filters = ["a", "b"].map((type) => ({ pattern: JSON.stringify({ data: { type: [type] } }) }));
    const filter = recordFilter({ filters });
    expect(["a", "b", "c"].map((type) => filter(encoder.encode(JSON.stringify({ type }))))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("what cannot match is not parsed, but a text that is spelled with escapes is found", () => {
    const filter = recordFilter({ filters: [{ pattern: '{"data":{"type":["metric"]}}' }] });
    const data = [
      '{"type":"m\\u0065tric"}',
      '{"type":"metric"}',
      '{"type":"log","message":"a metric"}',
      '{"a":"metric"}',
    ];
    expect(data.map((text) => filter(encoder.encode(text)))).toEqual([true, true, false, false]);
  });

  test("without filters everything is delivered, whatever it holds", () => {
    expect(recordFilter({ filters: [] })(Uint8Array.of(0xff))).toBe(true);
  });

  test.each(["", "{", "5", "[]", "\u0000", '"metric"'])("data %j are no JSON object and match no pattern", (text) => {
    expect(recordFilter({ filters: [{ pattern: '{"data":{"x":[{"exists":false}]}}' }] })(encoder.encode(text))).toBe(
      false,
    );
  });

  test("bytes that are not UTF-8 match no pattern", () => {
    const filter = recordFilter({ filters: [{ pattern: '{"data":{"x":[{"exists":false}]}}' }] });
    expect(filter(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).toBe(false);
  });

  test.each([
    ["{", /is not JSON/],
    ['{"partitionKey":["a"]}', /the key "data" only/],
    ['{"data":{"x":"metric"}}', /at data.x must be an array/],
    ['{"data":{"x":[{"like":"m*"}]}}', /unknown comparison: \{"like":"m\*"\}/],
    ['{"data":{"x":[{"numeric":["~",5]}]}}', /unknown comparison/],
    ['{"data":{"$or":[{"a":["b"]}]}}', /at least two objects/],
  ])("the pattern %s is refused", (pattern, reason) => {
    expect(() => recordFilter({ filters: [{ pattern }] })).toThrow(reason);
  });
});
