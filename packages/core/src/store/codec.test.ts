import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RowState } from "../feature/rows.ts";
import { getSigned, getVarint, putSigned, putVarint, reader, writer, written } from "./binary.ts";
import { decodeHead, encodeHead, type Head } from "./head.ts";
import { appendPoint, type ExpectedRow, NO_LINK, readChunk, startChunk } from "./points.ts";

const count = fc.nat();
const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
const doubles = (length: number) =>
  fc.array(fc.double(), { minLength: length, maxLength: length }).map((values) => Float64Array.from(values));
const hash = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 16, maxLength: 16 });
const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 129 });
const shardId = fc.oneof(
  fc.nat(999_999_999_999).map((number) => `shardId-${String(number).padStart(12, "0")}`),
  fc.constantFrom("shardId-0000000000001", "shardId-1", "shard", ""),
);

const head: fc.Arbitrary<Head> = fc.record({
  counts: fc.record({
    ...{ events: count, late: count, scored: count, warmingUp: count },
    ...{ skipped: count, imputed: count, anomalies: count, suppressed: count },
  }),
  rowsHash: hash,
  featureHash: hash,
  shards: fc.array(fc.record({ shardId, sequenceNumber: digits, lastMs: time }), { maxLength: 300 }),
  rows: count,
  lastRowMs: time,
  link: hash,
  state: fc.record({
    ...{ newestMs: time, closedUntilMs: time, filled: fc.nat(8) },
    ...{ window: doubles(6), windowTimes: doubles(3), lastValues: doubles(2), lastTimes: doubles(2) },
    buckets: fc.array(doubles(5), { maxLength: 4 }),
  }),
  levels: fc.record({ rows: count, levels: doubles(2), spreads: doubles(2) }),
  incident: fc.option(fc.record({ id: hash, startMs: time, normalRows: count }), { nil: undefined }),
  alarms: fc.option(
    fc.record({
      hours: fc.uint8Array({ minLength: 168, maxLength: 168 }),
      newestHour: fc.nat(1e6),
      limit: fc.nat(255),
    }),
    { nil: undefined },
  ),
  chunk: fc.uint8Array({ maxLength: 900 }),
});
const itemOf = (of: Head) => ({
  ...{ pk: "SERIES#d#e", sk: "HEAD", version: of.counts.events },
  bytes: encodeHead(of, of.chunk, "series"),
});

describe("numbers in bytes", () => {
  it("come back as they were", () => {
    const whole = fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 });
    fc.assert(
      fc.property(whole, fc.maxSafeNat(), (signed, unsigned) => {
        const to = writer(32);
        putSigned(to, signed);
        putVarint(to, unsigned);
        const from = reader(written(to), "test");
        expect([getSigned(from), getVarint(from)]).toEqual([signed, unsigned]);
      }),
    );
  });

  it("refuse to run past the end or past 2^53", () => {
    expect(() => getVarint(reader(Uint8Array.of(0x80), "x"))).toThrow("x is corrupt: it ends at byte 1");
    expect(() => getVarint(reader(new Uint8Array(9).fill(0xff), "x"))).toThrow("too many digits");
  });
});

describe("head", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(head, (of) => {
        expect(decodeHead(itemOf(of))).toEqual(of);
      }),
    );
  });

  it("is refused when it is cut anywhere before its chunk", () => {
    fc.assert(
      fc.property(head, fc.nat(), (of, at) => {
        const item = itemOf(of);
        const length = at % (item.bytes.length - of.chunk.length);
        expect(() => decodeHead({ ...item, bytes: item.bytes.slice(0, length) })).toThrow(/head of SERIES#d#e/);
      }),
    );
  });

  it("of a newer release is refused with both versions", () => {
    const item = itemOf(fc.sample(head, 1)[0]!);
    item.bytes[4] = 9;
    expect(() => decodeHead(item)).toThrow("the head of SERIES#d#e has format version 9, this release reads up to 3");
  });

  it("of an earlier release is refused with the next step", () => {
    const item = itemOf(fc.sample(head, 1)[0]!);
    item.bytes[4] = 1;
    expect(() => decodeHead(item)).toThrow("format version 1 is of an earlier release: score its events again");
  });

  it("takes 32 bytes for a shard of Kinesis that is remembered", () => {
    const of = { ...fc.sample(head, 1)[0]!, shards: [] };
    const one = { shardId: "shardId-000000000042", sequenceNumber: "9".repeat(56), lastMs: Date.UTC(2026, 10, 20) };
    const sizeWith = (count: number) =>
      itemOf({ ...of, shards: Array.from({ length: count }, () => one) }).bytes.length;
    expect([1, 4, 16].map((count) => sizeWith(count) - sizeWith(0))).toEqual([32, 128, 512]);
  });

  it("is refused when its counts belong to another version of the item", () => {
    const item = itemOf(fc.sample(head, 1)[0]!);
    expect(() => decodeHead({ ...item, version: item.version + 1 })).toThrow("is corrupt");
  });

  it("with more state than an item holds is refused when written", () => {
    const [of] = fc.sample(head, 1);
    const window = new Float64Array(64 * 1024);
    expect(() => encodeHead({ ...of!, state: { ...of!.state, window } }, of!.chunk, "series s of e")).toThrow(
      /series s of e needs \d+ bytes of state/,
    );
  });
});

const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const row = fc.record({
  timestampMs: time,
  state: fc.constantFrom(...Object.values(RowState)),
  isAnomaly: fc.boolean(),
  score: float,
  values: doubles(2),
  expected: fc.option(fc.tuple(float, float), { nil: undefined }),
  band: fc.tuple(float, float),
});
/** The upper half of the band is the wider one. */
const expectedRow = (expected: readonly number[] | undefined, band: readonly number[]): ExpectedRow => ({
  isExpected: expected !== undefined,
  expected: Float64Array.from(expected ?? []),
  lower: Float64Array.from(expected ?? []),
  upper: Float64Array.from(expected ?? [], (centre, at) => centre + Math.abs(band[at]!)),
});
const header = fc.record({
  ...{ features: fc.constant(2), baseMs: time, firstRow: count, link: hash, rowsHash: hash },
  ...{ modelVersion: count, configHash: hash, threshold: fc.double({ noNaN: true, min: 0, max: 10 }) },
});

describe("points", () => {
  it("come back as they were, after any number of appends", () => {
    fc.assert(
      fc.property(header, fc.array(row, { maxLength: 20 }), (chunk, rows) => {
        const to = writer(8);
        startChunk(to, chunk);
        let previousMs = chunk.baseMs;
        for (const one of rows) {
          const point = { ...one, isSuppressed: !one.isAnomaly };
          appendPoint(to, previousMs, point, one.values, 0, expectedRow(one.expected, one.band), 2);
          previousMs = one.timestampMs;
        }
        const { points, ...rest } = readChunk(written(to), "chunk");
        expect(rest).toEqual(chunk);
        expect(points).toHaveLength(rows.length);
        points.forEach((point, index) => {
          const { timestampMs, state, score, values, expected, band, isAnomaly } = rows[index]!;
          expect(point).toMatchObject({
            timestampMs,
            state,
            values: [...values],
            isSuppressed: !isAnomaly,
          });
          expect(point.score).toEqual(state === RowState.scored ? score : Number.NaN);
          expect(point.expected).toEqual(expected ?? [Number.NaN, Number.NaN]);
          const { upper } = expectedRow(expected, band);
          const halves = expected?.map((centre, at) => Math.fround(upper[at]! - centre));
          expect(point.band).toEqual(halves ?? [Number.NaN, Number.NaN]);
        });
      }),
    );
  });

  it("cut within a row, with unknown flags, or of a newer release are refused", () => {
    const to = writer(8);
    const shared = {
      features: 1,
      baseMs: 0,
      firstRow: 0,
      link: NO_LINK,
      rowsHash: NO_LINK,
      modelVersion: 0,
      configHash: NO_LINK,
      threshold: 1,
    };
    startChunk(to, shared);
    const start = to.at;
    const point = {
      timestampMs: 5,
      state: RowState.scored,
      isAnomaly: false,
      isSuppressed: false,
      score: 1,
    };
    appendPoint(to, 0, point, Float64Array.of(1), 0, expectedRow(undefined, []), 1);
    const bytes = written(to);
    expect(() => readChunk(bytes.slice(0, -1), "chunk c")).toThrow("chunk c is corrupt: it ends");
    expect(() => readChunk(bytes.with(start + 1, 32), "chunk c")).toThrow("unknown flags 32");
    expect(() => readChunk(bytes.with(4, 3), "chunk c")).toThrow("format version 3");
    expect(() => readChunk(bytes.with(0, 0), "chunk c")).toThrow("does not begin with");
  });
});
