import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSegment, packSegment, unpackRecord } from "./segment.ts";

describe("a segment", () => {
  it("gives back every record that was packed", () => {
    const record = fc.record({ partitionKey: fc.string({ unit: "grapheme" }), data: fc.uint8Array({ maxLength: 50 }) });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
        const packed = packSegment(records);
        checkSegment(packed, records.length, "test");
        const unpacked = records.map((_, index) => unpackRecord(packed, index));
        expect(unpacked.map(({ partitionKey }) => partitionKey)).toEqual(records.map((one) => one.partitionKey));
        expect(unpacked.map(({ data }) => [...data])).toEqual(records.map(({ data }) => [...data]));
      }),
    );
  });

  it("has a layout that stays as it is", () => {
    const packed = packSegment([
      { partitionKey: "k", data: Uint8Array.of(1, 2) },
      { partitionKey: "é", data: new Uint8Array(0) },
    ]);
    // "TWSG", version 1, 2 records, ends at 23 and 25, keys of 1 and 2 bytes, "k" 1 2, "é".
    expect(packed.toString("hex")).toBe("54575347010002001700000019000000010002006b0102c3a9");
  });

  it("that lost or gained bytes is refused, whatever their number", () => {
    const packed = packSegment([{ partitionKey: "k", data: new Uint8Array(40) }]);
    const whole = fc.constant(packed.length);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: packed.length - 1 }), whole, (length, all) => {
        expect(() => checkSegment(packed.subarray(0, length), 1, "file")).toThrowError(/^file holds a segment/);
        const longer = Buffer.concat([packed, Buffer.alloc(all - length)]);
        expect(() => checkSegment(longer, 1, "file")).toThrowError(/cut off/);
      }),
    );
    expect(() => checkSegment(packed, 2, "file")).toThrowError(/cut off/);
  });
});
