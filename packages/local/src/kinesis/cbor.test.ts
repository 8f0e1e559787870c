import { cbor, tag } from "@smithy/core/cbor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCbor } from "./cbor.ts";

const hex = (text: string) => decodeCbor(Buffer.from(text.replaceAll(" ", ""), "hex"));

describe("decodeCbor", () => {
  it("reads what another encoder wrote", () => {
    // The encoder writes −0 as the integer 0, which has no sign.
    const double = fc.double({ noNaN: true }).map((number) => number + 0);
    const leaf = fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.boolean(), fc.constant(null), double);
    const key = fc.string({ unit: "grapheme" }).filter((text) => text !== "__proto__");
    const value = fc.oneof(leaf, fc.array(leaf), fc.dictionary(key, leaf, { noNullPrototype: true }));
    fc.assert(
      fc.property(fc.dictionary(key, value, { noNullPrototype: true }), (request) => {
        expect(decodeCbor(Buffer.from(cbor.serialize(request)))).toEqual(request);
      }),
    );
  });

  it("reads the examples of RFC 8949, appendix A", () => {
    expect(hex("1bffffffffffffffff")).toBe(2 ** 64);
    expect(hex("3903e7")).toBe(-1000);
    expect(hex("fb3ff199999999999a")).toBe(1.1);
    expect(hex("4401020304")).toEqual(Buffer.from([1, 2, 3, 4]));
    expect(hex("62c3bc")).toBe("ü");
    expect(hex("5f42010243030405ff")).toEqual(Buffer.from([1, 2, 3, 4, 5]));
    expect(hex("7f657374726561646d696e67ff")).toBe("streaming");
    expect(hex("9f018202039f0405ffff")).toEqual([1, [2, 3], [4, 5]]);
    expect(hex("bf6346756ef563416d7421ff")).toEqual({ Fun: true, Amt: -2 });
  });

  it("reads a time in seconds, as the RFC writes it, and in milliseconds, as AWS SDKs do", () => {
    const time = new Date("2013-03-21T20:04:00Z");
    expect(hex("c11a514b67b0")).toEqual(time);
    expect(decodeCbor(Buffer.from(cbor.serialize(tag({ tag: 1, value: time.getTime() }))))).toEqual(time);
  });

  it("gives back no prototype that a client named", () => {
    const read = hex("a1 69 5f5f70726f746f5f5f a1 61 61 01") as Record<string, unknown>;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(read.a).toBeUndefined();
  });

  it("refuses lengths and counts beyond the end without allocating them", () => {
    const hostile = [
      "9bffffffffffffffff",
      "9a3fffffff",
      "ba3fffffff",
      "5b0000000fffffffff",
      "7affffffff",
      "9a01c9c3809a01c9c380",
    ];
    for (const bytes of hostile) expect(() => hex(bytes)).toThrow(/Malformed CBOR/);
  });

  it("refuses deep nesting, cut-off values, trailing bytes and what is no value", () => {
    const broken = [
      "81".repeat(100_000),
      "",
      "19ff",
      "a161",
      "a16161",
      "bf6161ff",
      "a10101",
      "0000",
      "62c328",
      "ff",
      "1c",
      "f7f7",
      "5f01ff",
      "c161",
    ];
    for (const bytes of broken) expect(() => hex(bytes), bytes.slice(0, 20)).toThrow(/Malformed CBOR/);
  });

  it("never fails otherwise, whatever bytes come", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeCbor(Buffer.from(bytes));
        } catch (error) {
          expect((error as Error).message).toMatch(/^Malformed CBOR/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
