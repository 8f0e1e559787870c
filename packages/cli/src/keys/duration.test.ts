import { expect, test } from "vitest";
import { duration } from "./duration.ts";

test.each([
  ["12h", 43_200_000],
  ["90d", 7_776_000_000],
  ["4w", 2_419_200_000],
])("%s is so many milliseconds", (text, ms) => expect(duration(text)).toBe(ms));

test.each(["", "90", "0d", "-1d", "1.5d", "90 d", "3m", "9999999d"])("%j is no duration", (text) => {
  expect(() => duration(text)).toThrow("such as 12h, 90d or 4w");
});
