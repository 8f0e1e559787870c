import { describe, expect, it } from "vitest";
import { EPISODE_KINDS } from "./episode.ts";
import { type SimulatedRow, type SimulationPlan, simulation } from "./series.ts";

const plan: SimulationPlan = {
  seed: 7,
  entities: 3,
  metrics: ["cpu", "memory"],
  intervalMs: 60_000,
  episodeRate: 0.01,
  quietRows: 500,
};
const START_MS = Date.UTC(2026, 0, 1);

const rowsOf = (change: Partial<SimulationPlan> = {}, rows = 4000): SimulatedRow[] => {
  const whole = { ...plan, ...change };
  const next = simulation(whole);
  return Array.from({ length: rows }, (_, row) => next(START_MS + row * whole.intervalMs)).flat();
};

describe("simulation", () => {
  it("gives the same rows for the same seed and others for another", () => {
    expect(rowsOf({}, 100)).toEqual(rowsOf({}, 100));
    expect(rowsOf({}, 100)).not.toEqual(rowsOf({ seed: 8 }, 100));
  });

  it("gives an entity the same values however many others there are", () => {
    const ofFirst = (rows: SimulatedRow[]) => rows.filter(({ event }) => event.entity === "host-001");
    expect(ofFirst(rowsOf({ entities: 1 }))).toEqual(ofFirst(rowsOf({ entities: 5 })));
  });

  it("begins no episode in the quiet rows and all kinds of them later", () => {
    const begun = rowsOf({ entities: 20 }).flatMap(({ begins }) => begins ?? []);
    expect(Math.min(...begun.map(({ firstRow }) => firstRow))).toBeGreaterThanOrEqual(plan.quietRows);
    expect(new Set(begun.map(({ kind }) => kind))).toEqual(new Set(EPISODE_KINDS));
  });

  it("makes episodes of one entity that do not overlap", () => {
    const begun = rowsOf({ entities: 1, episodeRate: 0.2 }).flatMap(({ begins }) => begins ?? []);
    expect(begun.length).toBeGreaterThan(10);
    for (const [at, episode] of begun.slice(1).entries()) expect(episode.firstRow).toBeGreaterThan(begun[at]!.lastRow);
  });

  it("moves the touched metrics of a level shift by several standard deviations", () => {
    const rows = rowsOf({ entities: 1, episodeRate: 0.02 }, 20_000);
    const calm = rowsOf({ entities: 1, episodeRate: 0 }, 20_000);
    const shifts = rows.flatMap(({ begins }) => (begins?.kind === "level-shift" ? [begins] : []));
    expect(shifts.length).toBeGreaterThan(5);
    expect(Object.keys(calm[0]!.event.values)).toEqual(["cpu", "memory"]);
    for (const { firstRow, metrics, strength } of shifts) {
      const metric = plan.metrics[metrics[0]!]!;
      const before = rows.slice(firstRow - 10, firstRow).map(({ event }) => event.values[metric]!);
      const after = rows.slice(firstRow, firstRow + 10).map(({ event }) => event.values[metric]!);
      const shift = mean(after) - mean(before);
      expect(Math.sign(shift)).toBe(Math.sign(strength));
    }
  });
});

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
