import { expect, test } from "vitest";
import { rarity } from "./rarity.ts";

test("a score is told as one in so many rows", () => {
  expect(rarity(2)).toBe("as rare as one in 100 normal rows");
  expect(rarity(3.3)).toBe("as rare as one in 2,000 normal rows");
});

test("what the reference rows cannot tell is not claimed", () => {
  expect(rarity(9.7)).toBe("rarer than one in 1M normal rows");
});
