import fc from "fast-check";
import { expect, test } from "vitest";
import { countThatFit } from "./answer-size.ts";

test("what fits stays within the bytes, as text within JSON, and one more would not", () => {
  const items = fc.array(fc.dictionary(fc.string({ unit: "grapheme" }), fc.double()), { minLength: 1 });
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 2000 }), (all, mostBytes) => {
      const bytesOf = (count: number) => Buffer.byteLength(JSON.stringify(JSON.stringify(all.slice(0, count))));
      // Quotes around each and the comma between two are as long as those that are counted with each.
      const count = countThatFit(all, mostBytes);
      if (count > 1) expect(bytesOf(count)).toBeLessThanOrEqual(mostBytes + 4);
      if (count < all.length) expect(bytesOf(count + 1)).toBeGreaterThan(mostBytes - 2 * all.length);
    }),
  );
});

test("a single item that is too large is given all the same: a list never stands still", () => {
  expect(countThatFit(["x".repeat(100), "y"], 10)).toBe(1);
  expect(countThatFit([], 10)).toBe(0);
});
