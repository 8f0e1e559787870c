import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { budgetThreshold, freshAlarmMemory, rememberScore } from "./alarm-memory.ts";

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const remember = (scoresByHour: readonly number[], perDay = 1, memory = freshAlarmMemory()) => {
  for (const [hour, score] of scoresByHour.entries()) rememberScore(memory, hour * HOUR_MS, score, perDay);
  return memory;
};
/** A week of quiet hours with a peak every six hours, each higher than the one before, and the first hour of the next day. */
const week = () => Array.from({ length: 7 * DAY_HOURS + 1 }, (_, hour) => (hour % 6 === 3 ? 4 + hour / 40 : 1));

describe("the alarm budget of a series", () => {
  it("leaves the threshold alone on the first day, and never asks for less than the highest sensitivity", () => {
    expect(budgetThreshold(remember(new Array(20).fill(9)), 3.5)).toBe(3.5);
    expect(budgetThreshold(remember(new Array(100).fill(0.2)), 3.5)).toBe(1.5);
  });

  it("sets it to what would have alarmed so often in the last week, when a day begins", () => {
    for (const perDay of [1, 2, 3]) {
      const memory = remember(week(), perDay);
      const limit = budgetThreshold(memory, 3.5);
      const peaks = week().filter((score) => score >= limit).length;
      expect(peaks).toBeLessThanOrEqual(7 * perDay);
      expect(peaks).toBeGreaterThanOrEqual(Math.min(7 * perDay, 8) - 1);
      rememberScore(memory, (7 * DAY_HOURS + 5) * HOUR_MS, 16, perDay);
      expect(budgetThreshold(memory, 3.5)).toBe(limit);
    }
  });

  it("forgets a week that is over, and rows that come too late", () => {
    const memory = remember(week());
    rememberScore(memory, 1000 * HOUR_MS, 1, 1);
    rememberScore(memory, 700 * HOUR_MS, 16, 1);
    for (let hour = 1001; hour < 1100; hour++) rememberScore(memory, hour * HOUR_MS, 1, 1);
    expect(budgetThreshold(memory, 3.5)).toBe(1.5);
  });

  it("stays within what scores can be, whatever came", () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.double({ min: 0, max: 16, noNaN: true })));
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 1.5, max: 5.1, noNaN: true }),
        (all, perDay, threshold) => {
          const memory = freshAlarmMemory();
          for (const [hour, score] of all) rememberScore(memory, hour * HOUR_MS, score, perDay);
          const limit = budgetThreshold(memory, threshold);
          expect(limit === threshold || (limit >= 1.5 && limit <= 16)).toBe(true);
        },
      ),
    );
  });
});
