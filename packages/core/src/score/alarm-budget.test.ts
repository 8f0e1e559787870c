import fc from "fast-check";
import { expect, test } from "vitest";
import { budgetLimit } from "./alarm-budget.ts";

const HOUR_MS = 3_600_000;
const hourly = (scores: number[]) => ({ timestamps: scores.map((_, row) => row * HOUR_MS), scores });
const budget = (burstsPerDay: number) => ({ burstsPerDay, mergeMs: HOUR_MS, rowsShare: 0.05 });

const burstsAbove = ({ timestamps, scores }: ReturnType<typeof hourly>, limit: number, mergeMs: number): number => {
  const alarms = timestamps.filter((_, row) => scores[row]! > limit);
  return alarms.filter((time, at) => at === 0 || time - alarms[at - 1]! > mergeMs).length;
};

test("of four days with three peaks, a budget of one in two days leaves the two highest", () => {
  const scores = new Array<number>(97).fill(0);
  scores[5] = 7;
  scores[20] = 9;
  scores[21] = 8;
  scores[40] = 6;
  // Two bursts: row 5, and rows 20 and 21 together.
  expect(budgetLimit(hourly(scores), budget(0.5))).toBe(6);
  expect(budgetLimit(hourly(scores), budget(0.25))).toBe(7);
});

test("one long burst is bounded by its share of the rows", () => {
  const rising = Array.from({ length: 200 }, (_, row) => row);
  expect(budgetLimit(hourly(rising), budget(5))).toBe(189);
});

test("equal scores pass together or not at all", () => {
  expect(budgetLimit(hourly([1, 1, 1, 1]), budget(2))).toBe(1);
  expect(budgetLimit(hourly([3]), budget(2))).toBe(3);
  expect(budgetLimit({ timestamps: [], scores: [] }, budget(2))).toBeUndefined();
});

test("the limit keeps the budget, and the next lower one breaks it", () => {
  const scores = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 4 }), (all, perDay, mergeHours) => {
      const rows = hourly(all);
      const mergeMs = mergeHours * HOUR_MS;
      const limit = budgetLimit(rows, { burstsPerDay: perDay, mergeMs, rowsShare: 0.05 })!;
      const burstsMax = Math.max(1, Math.floor((perDay * (all.length - 1)) / 24));
      const rowsMax = Math.max(1, Math.floor(all.length * 0.05));
      const above = (level: number) => all.filter((score) => score > level).length;
      // Every limit from the given one up keeps both.
      for (const level of all.filter((score) => score >= limit)) {
        expect(burstsAbove(rows, level, mergeMs)).toBeLessThanOrEqual(burstsMax);
        expect(above(level)).toBeLessThanOrEqual(rowsMax);
      }
      const lower = Math.max(...all.filter((score) => score < limit), -1);
      const breaks = burstsAbove(rows, lower, mergeMs) > burstsMax || above(lower) > rowsMax;
      expect(breaks || limit === Math.min(...all)).toBe(true);
    }),
  );
});
