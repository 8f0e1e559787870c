import fc from "fast-check";
import { expect, test } from "vitest";
import { randomOf } from "../model/random.ts";
import { type ScanRows, scanRows } from "./scan.ts";

const MINUTES_5 = 300_000;
const DAY = 288;

/** Rows of 5 minutes with a daily rhythm; `change` says what becomes of a value. */
const rows = (days: number, change: (value: number, row: number) => number = (value) => value, seed = 1): ScanRows => {
  const random = randomOf(seed);
  const usual = (row: number) => 10 * Math.sin((row / DAY) * 2 * Math.PI) + 4 * (random.unit() - 0.5);
  const values = Float64Array.from({ length: days * DAY }, (_, row) => change(usual(row), row));
  return { timestamps: values.map((_, row) => row * MINUTES_5), features: ["load"], columns: [values] };
};
const FROM = 8 * DAY + 100;
const after = (change: (value: number) => number) => (value: number, row: number) =>
  row < FROM ? value : change(value);

test("what does not change raises no alarm", () => {
  for (const seed of [1, 2, 3, 4, 5]) expect(scanRows(rows(12, undefined, seed), 7 * DAY).alarms).toEqual([]);
});

test.each([
  ["level", after((value) => value + 20)],
  ["noise", after((value) => value + 6 * Math.sin(value * 1e4))],
  ["missing", (value: number, row: number) => (row >= FROM && row % 4 === 0 ? Number.NaN : value)],
] as const)("a change of %s is found within half a day, and is sudden", (statistic, change) => {
  const { alarms } = scanRows(rows(12, change), 7 * DAY);
  expect(alarms[0]).toMatchObject({ statistic, feature: "load" });
  expect(alarms[0]!.row).toBeGreaterThanOrEqual(FROM);
  expect(alarms[0]!.row).toBeLessThan(FROM + DAY / 2);
  expect(alarms[0]!.timestampMs).toBe(alarms[0]!.row * MINUTES_5);
  if (statistic !== "missing") expect(alarms[0]!.shape).toBe("sudden");
});

test("rows that stop coming are found", () => {
  const { timestamps, columns, features } = rows(12);
  const keep = Array.from(timestamps, (_, row) => row).filter((row) => row < FROM || row % 2 === 0);
  const thinned = {
    features,
    timestamps: keep.map((row) => timestamps[row]!),
    columns: columns.map((column) => Float64Array.from(keep, (row) => column[row]!)),
  };
  const { alarms } = scanRows(thinned, 7 * DAY);
  expect(alarms[0]).toMatchObject({ statistic: "volume" });
  expect(keep[alarms[0]!.row]).toBeLessThan(FROM + DAY / 2);
});

test("no alarm depends on rows after it", () => {
  const all = rows(
    12,
    after((value) => value + 20),
  );
  const whole = scanRows(all, 7 * DAY).alarms;
  fc.assert(
    fc.property(fc.integer({ min: 8 * DAY, max: 12 * DAY }), (count) => {
      const cut = { ...all, timestamps: Array.from(all.timestamps).slice(0, count) };
      const seen = scanRows({ ...cut, columns: all.columns.map((column) => column.slice(0, count)) }, 7 * DAY).alarms;
      const bare = (alarms: typeof whole) => alarms.map(({ shape: _, ...alarm }) => alarm);
      expect(bare(seen)).toEqual(bare(whole).filter(({ row }) => row < count));
    }),
    { numRuns: 10 },
  );
});

test("neither unit nor zero point of a feature matter", () => {
  const change = after((value: number) => value + 20);
  const plain = scanRows(rows(12, change), 7 * DAY).alarms;
  const scaled = scanRows(
    rows(12, (value, row) => 1000 * change(value, row) - 5e5),
    7 * DAY,
  ).alarms;
  expect(scaled.map(({ row }) => row)).toEqual(plain.map(({ row }) => row));
});

test("a reference needs a day, and a value of each feature", () => {
  expect(() => scanRows(rows(2), 200)).toThrow("a reference needs a day at least");
  expect(() => scanRows({ timestamps: [], features: [], columns: [] }, 200)).toThrow("a reference needs a day");
  expect(() =>
    scanRows(
      rows(3, (value, row) => (row < 300 ? Number.NaN : value)),
      300,
    ),
  ).toThrow("load has no value");
});

test("a reference that does not end with a day keeps the hours of the day apart", () => {
  expect(scanRows(rows(12), 7 * DAY + 100).alarms).toEqual([]);
});

test("alarms of several features come in the order of their rows", () => {
  const one = rows(
    12,
    after((value) => value + 20),
  );
  const other = rows(12, (value, row) => (row < FROM - 60 ? value : value - 20), 2);
  const both = { ...one, features: ["load", "disk"], columns: [...one.columns, ...other.columns] };
  const { alarms } = scanRows(both, 7 * DAY);
  expect(alarms.map(({ feature }) => feature)).toEqual(["disk", "load"]);
});
