import { expect, test } from "vitest";
import { duration, tickTime } from "./time.ts";

test("a duration shows its two largest units", () => {
  expect([0, 45_400, 59_600, 125_000, 3_600_000, 90_061_000].map(duration)).toEqual([
    "0 s",
    "45 s",
    "1 min 0 s",
    "2 min 5 s",
    "1 h 0 min",
    "25 h 1 min",
  ]);
});

test("ticks are as fine as the axis steps", () => {
  const noon = new Date(2026, 10, 20, 12, 5, 9).getTime();
  expect([1, 60, 86_400].map((step) => tickTime(noon, step))).toEqual(["12:05:09", "12:05", "20 Nov"]);
});
