import { describe, expect, test } from "vitest";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { detector, record, scorePorts, T0 } from "../../../../../test/support/scoring.ts";
import { scoreBatch } from "../../score/run.ts";
import { rateDetectorId } from "../detector.ts";
import { hasVanished, silenceChance, templateRates } from "./vanished.ts";

const MINUTE_MS = 60_000;
const rates = {
  ...detector({
    features: [{ metric: "lines", aggregate: "count", name: "lines" }],
    missing: "zero",
    intervalSeconds: 60,
    model: { family: "stream" },
  }),
  id: rateDetectorId("app"),
};

/** Lines of templates in these minutes, through the scorer. */
const ratesOf = async (minutesOf: Record<string, readonly number[]>) => {
  const table = memoryTable();
  const lines = Object.entries(minutesOf).flatMap(([entity, minutes]) => minutes.map((minute) => ({ entity, minute })));
  lines.sort((a, b) => a.minute - b.minute);
  const records = lines.map(({ entity, minute }, index) =>
    record(index + 1, { type: "metric", entity, timestamp: T0 + minute * MINUTE_MS, values: { lines: 1 } }),
  );
  await scoreBatch(scorePorts(table, [rates], []), records);
  return await templateRates(table, "app", MINUTE_MS);
};
const range = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);
const vanishedOf = async (minutesOf: Record<string, readonly number[]>) =>
  [...(await ratesOf(minutesOf))].filter(([, rate]) => rate.hasVanished).map(([id]) => id);

describe("the chance of a silence", () => {
  const always = { intervals: 98, active: 98, silent: 4, longestGap: 0 };

  test("is that of so many intervals without a line", () => {
    // By Python: (1 - 98 / 100) ** 4 and (1 - 5 / 1002) ** 2700.
    expect(silenceChance(always)).toBeCloseTo(1.6e-7, 12);
    expect(silenceChance({ intervals: 1000, active: 5, silent: 2700, longestGap: 0 })).toBeCloseTo(1.362e-6, 9);
    expect(silenceChance({ intervals: 0, active: 0, silent: 9, longestGap: 0 })).toBe(1);
  });

  test("is about Poisson's for rare lines that come one by one", () => {
    const [intervals, active, silent] = [10_000, 100, 1000];
    const poisson = Math.exp((-active / intervals) * silent);
    expect(silenceChance({ intervals, active, silent, longestGap: 0 }) / poisson).toBeCloseTo(1, 1);
  });

  test("must be tiny, and the silence longer than twice any before", () => {
    expect(hasVanished(always)).toBe(true);
    expect(hasVanished({ ...always, silent: 3 })).toBe(false);
    expect(hasVanished({ ...always, longestGap: 2 })).toBe(false);
  });
});

describe("templates of a log", () => {
  test("one that came each minute and stopped has vanished; those that go on have not", async () => {
    const found = await ratesOf({ beat: range(0, 200), stopped: range(0, 150), rare: range(0, 200, 40) });
    expect([...found].map(([id, { hasVanished: gone }]) => [id, gone])).toEqual([
      ["beat", false],
      ["rare", false],
      ["stopped", true],
    ]);
    expect(found.get("stopped")).toMatchObject({ lines: 150, lastMs: T0 + 149 * MINUTE_MS, linesPerInterval: 1 });
    expect(found.get("rare")?.linesPerInterval).toBeCloseTo(5 / 161, 2);
  });

  test("a template that came some times only has not shown that it always comes", async () => {
    expect(await vanishedOf({ beat: range(0, 20), once: [0], thrice: [0, 1, 2] })).toEqual([]);
  });

  test("a log that stops, or pauses and goes on, makes nothing vanish", async () => {
    const day = range(0, 300);
    expect(await vanishedOf({ a: day, b: day, c: range(0, 300, 2) })).toEqual([]);
    expect(await vanishedOf({ a: [...day, 5000, 5001], b: [...day, 5000, 5001], c: range(0, 300, 2) })).toEqual([]);
  });

  test("lines of working hours are not missed at night, and are when they stay away", async () => {
    const [beat, shifts] = [range(0, 1000), range(0, 4).flatMap((shift) => range(shift * 200, shift * 200 + 100))];
    expect(await vanishedOf({ beat: range(0, 800), shifts })).toEqual([]);
    expect(await vanishedOf({ beat, shifts })).toEqual(["shifts"]);
  });

  test("lines from a wrong clock make no rate", async () => {
    expect([...(await ratesOf({ beat: range(0, 9), ahead: [90_000] })).keys()]).toEqual(["beat"]);
  });

  test("without rates there are none", async () => {
    expect((await templateRates(memoryTable(), "app", MINUTE_MS)).size).toBe(0);
  });
});
