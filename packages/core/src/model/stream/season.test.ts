import { expect, test } from "vitest";
import { advanceSeason, freshSeason, learnSeason, type Season, seasonalValue, seasonHelps } from "./season.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday. */
const START = Date.UTC(2026, 0, 5);
const LEVEL_RATE = 0.08;

/** Feeds `valueAt` every `stepMs` from `from` to `until`; the plain forecast is a moving average. */
const feed = (season: Season, valueAt: (ms: number) => number, from: number, until: number, stepMs = 5 * MINUTE) => {
  let level = valueAt(from);
  for (let ms = from; ms < until; ms += stepMs) {
    const value = valueAt(ms);
    advanceSeason(season, ms);
    learnSeason(season, value, ms, value - seasonalValue(season, ms), value - level, LEVEL_RATE);
    level += LEVEL_RATE * (value - level);
  }
  return season;
};

const daily = (ms: number): number => 100 + 50 * Math.sin((2 * Math.PI * ms) / DAY);
const isWeekend = (ms: number): boolean => [0, 6].includes(new Date(ms).getUTCDay());

test("after a day the season expects the day before, within what hourly means can say", () => {
  const season = feed(freshSeason(), daily, START, START + 3 * DAY);
  for (let ms = START + 3 * DAY; ms < START + 4 * DAY; ms += HOUR) {
    expect(Math.abs(seasonalValue(season, ms) - daily(ms))).toBeLessThan(2);
  }
  expect(seasonHelps(season)).toBe(true);
});

test("it says nothing before 22 hours of the day are known", () => {
  const season = feed(freshSeason(), daily, START, START + 22 * HOUR);
  expect(seasonalValue(season, START + 22 * HOUR)).toBeNaN();
  advanceSeason(season, START + 22 * HOUR);
  expect(seasonalValue(season, START + 22 * HOUR - MINUTE)).not.toBeNaN();
  expect(seasonHelps(season)).toBe(false);
});

test("between two hours that are not known it says nothing, and next to one it takes the other", () => {
  const season = feed(freshSeason(), daily, START, START + 22 * HOUR + MINUTE);
  expect(seasonalValue(season, START + 23 * HOUR)).toBeNaN();
  const before = seasonalValue(season, START + 21.9 * HOUR);
  expect(before).toBeCloseTo(season.hours[21]! + season.level, 6);
  expect(seasonalValue(season, START + 24.1 * HOUR)).toBeCloseTo(season.hours[0]! + season.level, 6);
});

test("days of the week that differ are learnt in two weeks", () => {
  const valueAt = (ms: number) => daily(ms) - (isWeekend(ms) ? 40 : 0);
  const season = feed(freshSeason(), valueAt, START, START + 28 * DAY);
  const saturdayNoon = START + 33 * DAY + 12 * HOUR;
  const fridayNoon = saturdayNoon - DAY;
  expect(seasonalValue(season, saturdayNoon)).toBeLessThan(seasonalValue(season, fridayNoon) - 15);
});

test("a series without a season is not said to have one", () => {
  const season = feed(freshSeason(), (ms) => ((ms / MINUTE) * 7919) % 1013, START, START + 5 * DAY);
  expect(seasonHelps(season)).toBe(false);
});

test("the clocks change: within five days the season is the new one", () => {
  const valueAt = (ms: number) => daily(ms < START + 6 * DAY ? ms : ms - HOUR);
  const season = feed(freshSeason(), valueAt, START, START + 11 * DAY);
  const errorAt = (ms: number) => Math.abs(seasonalValue(season, ms) - valueAt(ms));
  for (let ms = START + 11 * DAY; ms < START + 12 * DAY; ms += 3 * HOUR) expect(errorAt(ms)).toBeLessThan(6);
});

test("irregular steps, gaps and times before 1970 are times of day like others", () => {
  const season = freshSeason();
  const start = Date.UTC(1969, 0, 6);
  for (let day = 0; day < 6; day++) {
    if (day === 3) continue;
    feed(season, daily, start + day * DAY, start + (day + 1) * DAY, 7 * MINUTE + day * 1000);
  }
  const noon = start + 7 * DAY + 9 * HOUR;
  expect(Math.abs(seasonalValue(season, noon) - daily(noon))).toBeLessThan(4);
});

test("a series with a row every six hours has no season that could be known", () => {
  const season = feed(freshSeason(), daily, START, START + 30 * DAY, 6 * HOUR);
  expect(seasonalValue(season, START + 30 * DAY)).toBeNaN();
});
