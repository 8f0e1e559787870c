import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { daysOf, eventRecallAt, falseAlarmsPerDay } from "./false-alarms.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const timesEvery = (stepMs: number, rows: number) => Float64Array.from({ length: rows }, (_, row) => row * stepMs);
const flags = (rows: number, flagged: readonly number[]) => {
  const isFlagged = new Uint8Array(rows);
  for (const row of flagged) isFlagged[row] = 1;
  return isFlagged;
};

describe("false alarms", () => {
  it("are bursts: rows within an hour of each other are one, those in events none", () => {
    const times = timesEvery(30 * MINUTE_MS, 96);
    const flagged = [3, 5, 7, 10, 40, 41, 42];
    // 3, 5, 7 follow each other within the hour; 10 comes 1.5 hours after 7; the others are in the event.
    expect(falseAlarmsPerDay(times, flags(96, flagged), [[40, 45]])).toBe(2 / 2);
    expect(falseAlarmsPerDay(times, flags(96, []), [])).toBe(0);
  });

  it("join when a row comes to light between two of them, so that one threshold lower may cost none", () => {
    const times = timesEvery(HOUR_MS, 24);
    const scores = new Float64Array(24);
    scores.set([9, 7, 8], 4);
    scores[20] = 6;
    // At 8 there are two bursts where one is allowed: the walk ends, though at 7 they would be one.
    expect(eventRecallAt(1, times, scores, [[20, 20]])).toBe(0);
    expect(eventRecallAt(2, times, scores, [[20, 20]])).toBe(1);
  });

  it("are always allowed to be one, however short the time was", () => {
    const scores = Float64Array.of(5, 0, 4, 0, 0);
    expect(eventRecallAt(1, timesEvery(1000, 5), scores, [[2, 2]])).toBe(1);
  });

  it("do not count an event that is found by the very threshold that costs too many", () => {
    const times = timesEvery(3 * HOUR_MS, 8);
    expect(eventRecallAt(1, times, Float64Array.of(1, 0, 0, 1, 0, 0, 1, 0), [[6, 6]])).toBe(0);
  });

  it("count as a plain scan of the sorted alarms counts them", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ minutes: fc.nat(200), score: fc.nat(5) }), { maxLength: 50 }), (steps) => {
        let nowMs = 0;
        const times = Float64Array.from(steps, ({ minutes }) => (nowMs += minutes * MINUTE_MS));
        const isFlagged = Uint8Array.from(steps, ({ score }) => (score > 2 ? 1 : 0));
        const alarms = times.filter((_, row) => isFlagged[row] === 1);
        const bursts = alarms.filter((time, at) => at === 0 || time - alarms[at - 1]! > HOUR_MS).length;
        const perDay = bursts / daysOf(times);
        expect(falseAlarmsPerDay(times, isFlagged, [])).toBeCloseTo(perDay, 9);
      }),
    );
  });

  it("find more events the more of them are allowed", () => {
    const rows = fc.array(fc.nat(9), { minLength: 30, maxLength: 80 });
    fc.assert(
      fc.property(rows, fc.double({ min: 0.1, max: 5, noNaN: true }), (values, perDay) => {
        const times = timesEvery(2 * HOUR_MS, values.length);
        const recallAt = (budget: number) =>
          eventRecallAt(budget, times, Float64Array.from(values), [
            [3, 5],
            [12, 12],
            [20, 25],
          ]);
        expect(recallAt(perDay * 2)).toBeGreaterThanOrEqual(recallAt(perDay));
      }),
    );
  });
});

it("days include the last row's own time, and a single row lasts a millisecond", () => {
  expect(daysOf(timesEvery(HOUR_MS, 24))).toBeCloseTo(1, 12);
  expect(daysOf(Float64Array.of(5))).toBe(1 / 86_400_000);
});
