import fc from "fast-check";
import { expect, test } from "vitest";
import { randomOf } from "../random.ts";
import { encodeStream } from "./codec.ts";
import { freshStream, type StreamState } from "./state.ts";
import { type StreamRow, updateStream } from "./update.ts";

const START = Date.UTC(2026, 0, 5);
const STEP_MS = 300_000;
const DAY_ROWS = 288;
/** The threshold of the default sensitivity. */
const THRESHOLD = 3.5;

/** Nearly normal noise: sums of twelve uniform numbers. */
const noise = (seed: number, length: number): number[] => {
  const random = randomOf(seed);
  return Array.from({ length }, () => Array.from({ length: 12 }, random.unit).reduce((sum, unit) => sum + unit, -6));
};
/** Quiet nights and busy days, with a little noise. */
const days = (count: number): number[] =>
  noise(7, count * DAY_ROWS).map((value, row) => {
    return 50 - 40 * Math.cos((2 * Math.PI * row) / DAY_ROWS) + value;
  });

const feed = (state: StreamState, values: readonly number[], firstRow = 0): StreamRow[] =>
  values.map((value, row) => updateStream(state, value, START + (firstRow + row) * STEP_MS));
const alarms = (rows: readonly StreamRow[]): number[] =>
  rows.flatMap(({ score }, row) => (score >= THRESHOLD ? [row] : []));

/** Alarms in a stretch that follows `before`. */
const alarmsAfter = (before: readonly number[], stretch: readonly number[]): number[] => {
  const state = freshStream();
  feed(state, before);
  return alarms(feed(state, stretch, before.length));
};

test("noise like the noise before it hardly ever alarms: at most 5 of 10,000 rows", () => {
  expect(alarms(feed(freshStream(), noise(1, 10_000))).length).toBeLessThanOrEqual(5);
});

test("a spike and a drop alarm at once", () => {
  for (const value of [12, -12]) expect(alarmsAfter(noise(2, 2000), [value])).toEqual([0]);
});

test("a shift of the level alarms within three rows, and once", () => {
  const found = alarmsAfter(
    noise(3, 2000),
    noise(4, 200).map((value) => value + 9),
  );
  expect(found[0]).toBeLessThanOrEqual(2);
  expect(found.length).toBeLessThanOrEqual(3);
});

test("noise that grows fourfold alarms within an hour of rows", () => {
  const found = alarmsAfter(
    noise(5, 2000),
    noise(6, 100).map((value) => 4 * value),
  );
  expect(found[0]).toBeLessThanOrEqual(12);
});

test("a flat line in a noisy series alarms within 24 rows", () => {
  const found = alarmsAfter(
    noise(8, 2000),
    Array.from({ length: 48 }, () => 0.1),
  );
  expect(found[0]).toBeLessThanOrEqual(24);
});

test("a busy day that stays quiet alarms by its season", () => {
  const history = days(10);
  const usual = days(11).slice(10 * DAY_ROWS);
  const missing = usual.map((value) => Math.min(value, 30 + value / 100));
  expect(alarmsAfter(history, usual)).toEqual([]);
  const found = alarmsAfter(history, missing);
  const missingFrom = missing.findIndex((value, row) => value < usual[row]!);
  expect(found[0]).toBeGreaterThanOrEqual(missingFrom);
  expect(found[0]).toBeLessThanOrEqual(missingFrom + 36);
});

test("with a season the expected value follows it, and the band holds what is usual", () => {
  const state = freshStream();
  const history = days(10);
  feed(state, history);
  const next = days(11).slice(10 * DAY_ROWS);
  const rows = feed(state, next, history.length);
  const noon = rows[12 * 12]!;
  expect(Math.abs(noon.expected - 90)).toBeLessThan(5);
  expect(rows.filter(({ lower, upper }, row) => next[row]! < lower || next[row]! > upper).length).toBe(0);
});

test("a value beyond the band is reported, one inside is not new", () => {
  const values = noise(9, 3000);
  const before = freshStream();
  feed(before, values);
  const { lower, upper } = updateStream(before, 0, START + 3000 * STEP_MS);
  expect(lower).toBeLessThan(-3);
  expect(upper).toBeGreaterThan(3);
  const scoreOf = (value: number) => {
    const state = freshStream();
    feed(state, values);
    return updateStream(state, value, START + 3000 * STEP_MS).evidence;
  };
  expect(scoreOf(upper + 1)).toBeGreaterThanOrEqual(THRESHOLD);
  expect(scoreOf(lower - 1)).toBeGreaterThanOrEqual(THRESHOLD);
});

test("a row that only continues what was reported stays below the default threshold, but shows that it lasts", () => {
  const state = freshStream();
  feed(state, noise(10, 2000));
  const fault = feed(
    state,
    noise(18, 24).map((value) => value + 15),
    2000,
  );
  expect(alarms(fault)[0]).toBe(0);
  expect(alarms(fault).length).toBeLessThanOrEqual(6);
  expect(Math.min(...fault.map(({ evidence }) => evidence))).toBeGreaterThanOrEqual(THRESHOLD);
});

/** What is known of a series: all but the recent window, the pause, and what was reported. */
const knowledge = ({ views, season, level, rows, spreadFloor }: StreamState): string =>
  JSON.stringify([views, season.level, season.compared, level, rows, spreadFloor]);

test("a fault of hours does not become usual while it lasts, a permanent change does", () => {
  const state = freshStream();
  feed(state, noise(11, 2000));
  const change = noise(12, 600).map((value) => value + 20);
  const [first, ...rest] = change;
  feed(state, [first!], 2000);
  const known = knowledge(state);
  const hours = feed(state, rest.slice(0, 47), 2001);
  expect(Math.min(...hours.map(({ evidence }) => evidence))).toBeGreaterThanOrEqual(THRESHOLD);
  expect(knowledge(state)).toBe(known);
  const days = feed(state, rest.slice(47), 2048);
  expect(knowledge(state)).not.toBe(known);
  expect(Math.max(...days.slice(-200).map(({ evidence }) => evidence))).toBeLessThan(THRESHOLD);
});

test("after a fault the series is what it was: its usual values do not alarm, the same fault does", () => {
  const state = freshStream();
  feed(state, noise(11, 2000));
  const fault = noise(12, 24).map((value) => value + 20);
  const back = noise(19, 400);
  feed(state, fault, 2000);
  expect(alarms(feed(state, back, 2024))).toEqual([]);
  const again = feed(
    state,
    fault.map((value) => value + 3),
    2424,
  );
  expect(alarms(again)[0]).toBeLessThanOrEqual(2);
});

test("the row that opens an incident is learnt: the same spike is less news the second time", () => {
  const state = freshStream();
  feed(state, noise(2, 2000));
  const [spike] = feed(state, [12], 2000);
  feed(state, noise(20, 100), 2001);
  const [second] = feed(state, [12], 2101);
  expect(spike!.score).toBeGreaterThanOrEqual(THRESHOLD);
  expect(second!.score).toBeLessThan(spike!.score - 1);
});

test("ordinary rows between unusual ones are learnt", () => {
  const state = freshStream();
  feed(state, noise(2, 2000));
  const values = noise(21, 40).map((value, row) => (row % 4 === 0 ? value + 20 : value));
  const [first, ...rest] = feed(state, values, 2000);
  expect(first!.score).toBeGreaterThanOrEqual(THRESHOLD);
  expect(state.pausedRows).toBe(40);
  const before = state.rows;
  const ordinary = feed(state, values.slice(1, 8), 2040).filter(({ evidence }) => evidence < 2).length;
  expect(rest.some(({ evidence }) => evidence < 2)).toBe(true);
  expect(state.rows).toBe(before + ordinary);
});

test("what was reported long ago does not keep quiet the next trouble", () => {
  const state = freshStream();
  feed(state, noise(2, 2000));
  feed(state, [1e6], 2000);
  feed(state, noise(20, 60), 2001);
  expect(state.held).toBeLessThanOrEqual(3);
  expect(alarms(feed(state, [-100], 2061))).toEqual([0]);
});

test("the pause ends with five quiet rows, and after 48 rows at the latest", () => {
  const state = freshStream();
  feed(state, noise(2, 2000));
  feed(state, [12], 2000);
  expect(state.pausedRows).toBe(1);
  feed(state, noise(21, 20), 2001);
  expect(state.pausedRows).toBe(0);
  const shifted = noise(23, 100).map((value) => value + 30);
  const before = state.rows;
  feed(state, shifted.slice(0, 40), 2021);
  expect(state.rows).toBeLessThan(before + 5);
  feed(state, shifted.slice(40), 2061);
  expect(state.rows).toBeGreaterThan(before + 40);
});

test("a row says what is strangest about it", () => {
  const state = freshStream();
  feed(state, noise(2, 2000));
  const flat = Array.from({ length: 24 }, () => 0.1);
  expect(feed(state, flat, 2000).at(-1)!.view).toBe("spread");
  expect(feed(state, [0.1, 0.1, -20], 2024).at(-1)!.view).toMatch(/residual|jump|lowest/);
  expect(updateStream(freshStream(), 5, START).view).toBeNull();
});

test("a missing value scores 0, changes nothing, and still has an expectation", () => {
  const state = freshStream();
  feed(state, noise(14, 500));
  const bytes = encodeStream(state);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const row = updateStream(state, value, START + 500 * STEP_MS);
    expect(row.score).toBe(0);
    expect(row.lower).toBeLessThan(row.expected);
    expect(row.upper).toBeGreaterThan(row.expected);
  }
  expect(encodeStream(state)).toEqual(bytes);
});

test("a constant series never alarms, and its first change does", () => {
  const rows = feed(
    freshStream(),
    Array.from({ length: 3000 }, () => 42),
  );
  expect(rows.every(({ score }) => score < 1)).toBe(true);
  expect(rows.at(-1)).toMatchObject({ expected: 42, lower: 42, upper: 42 });
  expect(
    alarmsAfter(
      Array.from({ length: 3000 }, () => 42),
      [43],
    ),
  ).toEqual([0]);
});

test("any numbers at any times give finite results", () => {
  const value = fc.oneof(
    fc.double(),
    fc.constantFrom(0, -0, 1e300, -1e300, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324),
    fc.double({ min: -10, max: 10, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(value, fc.integer()), { maxLength: 400 }), (steps) => {
      const state = freshStream();
      for (const [number, timestampMs] of steps) {
        const row = updateStream(state, number, timestampMs);
        for (const result of [row.score, row.evidence, row.expected]) expect(Number.isFinite(result)).toBe(true);
        expect(row.score).toBeGreaterThanOrEqual(0);
        expect(row.score).toBeLessThanOrEqual(16);
        expect(row.lower).toBeLessThanOrEqual(row.expected);
        expect(row.upper).toBeGreaterThanOrEqual(row.expected);
      }
    }),
  );
});

test("negative zero is zero, and duplicated or backward timestamps are rows like others", () => {
  const zero = freshStream();
  const negative = freshStream();
  for (let row = 0; row < 300; row++) {
    const timestampMs = START + (row % 7) * STEP_MS;
    updateStream(zero, row % 5 === 0 ? 0 : row, timestampMs);
    updateStream(negative, row % 5 === 0 ? -0 : row, timestampMs);
  }
  expect(encodeStream(negative)).toEqual(encodeStream(zero));
});

test("nothing is reported in the first 150 rows", () => {
  const rows = feed(freshStream(), [...noise(15, 140), 100, 1000, 1e4]);
  expect(rows.every(({ score, evidence }) => score === 0 && evidence === 0)).toBe(true);
});

test("a score depends on what came before only", () => {
  const values = [...noise(16, 400), 9, ...noise(17, 100)];
  const rows = feed(freshStream(), values);
  expect(feed(freshStream(), values.slice(0, 401))).toEqual(rows.slice(0, 401));
});
