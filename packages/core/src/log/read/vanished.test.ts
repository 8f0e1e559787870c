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

  test("is that of so many intervals without a line, however likely a line is", () => {
    // By Python's lgamma: Γ(N − a + 1 + n) Γ(N + 1) / (Γ(N − a + 1) Γ(N + 1 + n)).
    expect(silenceChance(always)).toBeCloseTo(2.353e-7, 10);
    expect(silenceChance({ intervals: 1000, active: 5, silent: 2700, longestGap: 0 })).toBeCloseTo(1.4316e-3, 7);
    expect(silenceChance({ intervals: 10_000, active: 100, silent: 1000, longestGap: 0 })).toBeCloseTo(6.935e-5, 8);
  });

  test("is Poisson's where much is known of rare lines", () => {
    const [intervals, active, silent] = [1e7, 1e5, 1000];
    const poisson = Math.exp((-active / intervals) * silent);
    expect(silenceChance({ intervals, active, silent, longestGap: 0 }) / poisson).toBeCloseTo(1, 1);
  });

  test("means nothing after a single burst of lines", () => {
    expect(hasVanished({ intervals: 9, active: 9, silent: 1e6, longestGap: 0 })).toBe(false);
    expect(hasVanished({ intervals: 1000, active: 9, silent: 1e6, longestGap: 0 })).toBe(false);
    expect(hasVanished({ intervals: 1000, active: 10, silent: 1e6, longestGap: 100 })).toBe(true);
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
