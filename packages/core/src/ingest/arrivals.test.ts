import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { arrivalsOf, withArrivals } from "./arrivals.ts";

const packed = gzipSync(Buffer.from("one\ntwo\n"));

test("times come back as they were, and the file unpacks to the same lines", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4e12 }), { minLength: 1, maxLength: 50 }), (times) => {
      const bytes = withArrivals(packed, times);
      expect(Array.from(arrivalsOf(bytes)!)).toEqual(times);
      expect(gunzipSync(bytes).toString()).toBe("one\ntwo\n");
    }),
  );
});

test("a thousand lines that arrived together take a few bytes", () => {
  const bytes = withArrivals(packed, new Array(1000).fill(1_763_632_800_000));
  expect(bytes.length - packed.length).toBeLessThan(45);
});

test("a file without them has none, whatever it ends with; nor has one with too many", () => {
  expect(arrivalsOf(packed)).toBeUndefined();
  expect(arrivalsOf(new Uint8Array(0))).toBeUndefined();
  expect(arrivalsOf(new Uint8Array(100))).toBeUndefined();
  expect(arrivalsOf(new Uint8Array(100).fill(7))).toBeUndefined();
  const jumping = Array.from({ length: 20_000 }, (_, line) => (line % 2) * 4e12);
  expect(withArrivals(packed, jumping)).toBe(packed);
});
