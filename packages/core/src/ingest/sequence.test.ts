import fc from "fast-check";
import { expect, test } from "vitest";
import { compareSequence } from "./sequence.ts";

test("sequence numbers compare as the whole numbers that they write", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 56n }), fc.bigInt({ min: 0n, max: 10n ** 56n }), (a, b) => {
      expect(Math.sign(compareSequence(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
  expect(compareSequence("10", "10")).toBe(0);
  expect(compareSequence("9", "10")).toBeLessThan(0);
});
