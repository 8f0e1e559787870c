import { expect, test } from "vitest";
import { randomOf } from "../random.ts";
import { rowsUntilWarm, updateFeatures } from "./features.ts";
import { freshStream } from "./state.ts";
import { OUTPUT_AFTER } from "./update.ts";

const START = Date.UTC(2026, 0, 5);
const STEP_MS = 5000;
const THRESHOLD = 3.5;

/** Three features of noise, after so many rows. */
const learnt = (rows: number) => {
  const random = randomOf(1);
  const states = Array.from({ length: 3 }, freshStream);
  const out = {
    ...{ score: 0, evidence: 0 },
    ...{ expected: new Float64Array(3), lower: new Float64Array(3), upper: new Float64Array(3) },
    shares: new Float64Array(3),
  };
  let row = 0;
  const next = (...added: number[]) => {
    const values = Float64Array.from(added, (value) => value + random.unit() + random.unit() + random.unit());
    const context = { timestampMs: START + row++ * STEP_MS, threshold: THRESHOLD };
    updateFeatures(states, values, 0, context, out);
    return out;
  };
  for (let count = 0; count < rows; count++) next(0, 0, 0);
  return { states, next };
};

test("the strangest feature decides, and is to blame", () => {
  const { next } = learnt(1000);
  const { score, evidence, shares } = next(0, 30, 0);
  expect(score).toBeGreaterThanOrEqual(THRESHOLD);
  expect(evidence).toBe(score);
  expect(shares[1]).toBeGreaterThan(0.5);
  expect(shares[0]! + shares[1]! + shares[2]!).toBeCloseTo(1, 12);
});

test("trouble goes on for 24 rows at most, without being news", () => {
  const { next } = learnt(1000);
  next(0, 30, 0);
  const rows = Array.from({ length: 40 }, () => ({ ...next(0, 30, 0) }));
  expect(rows.slice(0, 22).every(({ evidence }) => evidence >= THRESHOLD)).toBe(true);
  expect(rows.slice(2).every(({ score }) => score < THRESHOLD)).toBe(true);
  expect(rows.at(-1)!.evidence).toBe(0);
});

test("trouble in one feature keeps no other from learning", () => {
  const { states, next } = learnt(1000);
  const before = states.map(({ rows }) => rows);
  for (let row = 0; row < 40; row++) next(0, 30, 0);
  expect(states[1]!.rows).toBeLessThan(before[1]! + 5);
  expect(states[0]!.rows).toBeGreaterThan(before[0]! + 35);
});

test("nobody is to blame for an ordinary row that no feature scores", () => {
  const { states, next } = learnt(10);
  expect(rowsUntilWarm(states)).toBe(OUTPUT_AFTER - 10);
  expect([...next(0, 0, 0).shares]).toEqual([1 / 3, 1 / 3, 1 / 3]);
});
