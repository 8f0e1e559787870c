import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Detector } from "../detector.ts";
import type { MetricEvent } from "../ingest/event.ts";
import { type Extraction, MAX_AHEAD_MS, takeEvent } from "./extract.ts";
import { planOf } from "./plan.ts";
import { emptyRows, RowState } from "./rows.ts";
import { freshState } from "./state.ts";
import { rowsUntilFull } from "./window.ts";

const T0 = Date.UTC(2026, 10, 20, 10);
const STATE_NAMES = Object.fromEntries(Object.entries(RowState).map(([name, code]) => [code, name]));
type Values = MetricEvent["values"];

/** Runs events through a detector whose scaling changes nothing, so that vectors show the window's values. */
const extract = (parts: object, events: [seconds: number, values: Values][]) => {
  const detector = Detector.parse({
    id: "d",
    model: { family: "isolation-forest" },
    features: [{ metric: "x" }],
    ...parts,
  });
  const plan = planOf(detector);
  const features = plan.names.length;
  const scaling = plan.names.map(() => ({ center: 0, scale: 1 }));
  const to: Extraction = { plan, scaling, rows: emptyRows(features, features * plan.shingleSize) };
  const state = freshState(plan);
  const counts = { scored: 0, warmingUp: 0, skipped: 0, imputed: 0 };
  const taken = events.map(([seconds, values], cause) => {
    const event: MetricEvent = { type: "metric", entity: "e", timestamp: T0 + seconds * 1000, values };
    return takeEvent(to, state, counts, event, T0, cause);
  });
  const rows = Array.from({ length: to.rows.count }, (_, row) => {
    const vector = to.rows.vectorOf[row]!;
    return {
      at: (to.rows.timestamps[row]! - T0) / 1000,
      state: STATE_NAMES[to.rows.states[row]!],
      values: [...to.rows.values.subarray(row * features, (row + 1) * features)],
      vector:
        vector < 0 ? undefined : [...to.rows.vectors.subarray(vector * to.rows.columns).slice(0, to.rows.columns)],
    };
  });
  return { rows, counts, taken, state, plan };
};
const brief = ({ rows }: ReturnType<typeof extract>) => rows.map(({ at, state, values }) => [at, state, ...values]);

describe("observations as rows", () => {
  it("makes a row of every observation and a vector of the last shingle, oldest first", () => {
    const { rows } = extract({ shingleSize: 3 }, [
      [0, { x: 1 }],
      [1, { x: 2 }],
      [2, { x: 3 }],
      [3, { x: 4 }],
    ]);
    expect(rows.map(({ state }) => state)).toEqual(["warmingUp", "warmingUp", "scored", "scored"]);
    expect(rows.map(({ vector }) => vector)).toEqual([undefined, undefined, [1, 2, 3], [2, 3, 4]]);
  });

  it("takes late observations up to the lateness, in order of arrival, and refuses later ones", () => {
    const { taken, rows } = extract({ latenessSeconds: 10 }, [
      [20, { x: 1 }],
      [10, { x: 2 }],
      [9, { x: 3 }],
    ]);
    expect(taken).toEqual([true, true, false]);
    expect(rows.map(({ at }) => at)).toEqual([20, 10]);
  });

  it("refuses an observation far ahead of its arrival, so that the next honest one is not late", () => {
    const days = MAX_AHEAD_MS / 1000;
    expect(
      extract({}, [
        [days, { x: 1 }],
        [days + 1, { x: 1 }],
      ]).taken,
    ).toEqual([true, false]);
  });

  it("skip: leaves an incomplete row out, and no vector reaches across it", () => {
    const { rows, counts } = extract({ shingleSize: 2, features: [{ metric: "x" }, { metric: "y" }] }, [
      [0, { x: 1, y: 1 }],
      [1, { x: 2, y: 2 }],
      [2, { x: 3, y: null }],
      [3, { x: 4, y: 4 }],
      [4, { x: 5, y: 5 }],
    ]);
    expect(rows.map(({ state }) => state)).toEqual(["warmingUp", "scored", "skipped", "warmingUp", "scored"]);
    expect(rows[4]!.vector).toEqual([4, 4, 5, 5]);
    expect(rows[2]!.values).toEqual([3, Number.NaN]);
    expect(counts).toEqual({ scored: 2, warmingUp: 2, skipped: 1, imputed: 0 });
  });

  it("last: repeats the last known value, flags the row and does not score it", () => {
    const { rows } = extract({ missing: "last", shingleSize: 2, features: [{ metric: "x" }, { metric: "y" }] }, [
      [0, { x: null, y: 1 }],
      [1, { x: 5, y: 2 }],
      [2, { x: null, y: 3 }],
      [3, { x: 7, y: 4 }],
    ]);
    expect(rows.map(({ state }) => state)).toEqual(["skipped", "warmingUp", "imputed", "scored"]);
    expect(rows[2]!.values).toEqual([5, 3]);
    expect(rows[3]!.vector).toEqual([5, 3, 7, 4]);
  });

  it("zero: puts 0, even before anything is known", () => {
    const events: [number, Values][] = [
      [0, { x: null }],
      [1, { x: 5 }],
    ];
    expect(brief(extract({ missing: "zero" }, events))).toEqual([
      [0, "imputed", 0],
      [1, "scored", 5],
    ]);
  });

  it("linear: leaves the row out and fills the window by time once the next value is known", () => {
    const { rows } = extract({ missing: "linear", shingleSize: 3 }, [
      [0, { x: 10 }],
      [1, { x: null }],
      [4, { x: 50 }],
    ]);
    expect(rows.map(({ state }) => state)).toEqual(["warmingUp", "skipped", "scored"]);
    expect(rows[2]!.vector).toEqual([10, 20, 50]);
  });

  it("linear: waits until what was missing before the first value has left the window", () => {
    const result = extract({ missing: "linear", shingleSize: 2 }, [
      [0, { x: null }],
      [1, { x: 1 }],
    ]);
    expect(rowsUntilFull(result.plan, result.state)).toBe(1);
    expect(result.rows.map(({ state }) => state)).toEqual(["skipped", "warmingUp"]);
  });

  it("keeps huge values finite in the vector", () => {
    const { rows } = extract({}, [
      [0, { x: 1e300 }],
      [1, { x: -1e300 }],
    ]);
    expect(rows.every(({ vector }) => vector!.every(Number.isFinite))).toBe(true);
  });
});

describe("intervals as rows", () => {
  const every10 = { intervalSeconds: 10, latenessSeconds: 5 };

  it("closes an interval when the newest event is late enough past its end, and dates the row by its start", () => {
    const first: [number, Values][] = [
      [1, { x: 1 }],
      [9, { x: 3 }],
      [14, { x: 100 }],
      [8, { x: 5 }],
    ];
    expect(extract(every10, first).rows).toEqual([]);
    // 8 s is older than 14 s − 5 s: late. 15 s closes [0, 10).
    const { rows, taken } = extract(every10, [...first, [15, { x: 100 }]]);
    expect(taken).toEqual([true, true, true, false, true]);
    expect(rows).toMatchObject([{ at: 0, values: [2], state: "scored" }]);
  });

  it.each([
    ["mean", 3],
    ["sum", 9],
    ["min", -1],
    ["max", 8],
    ["count", 3],
    ["last", 2],
  ])("aggregates %s", (aggregate, expected) => {
    const events: [number, Values][] = [
      [1, { x: 8 }],
      [4, { x: 2 }],
      [2, { x: -1 }],
      [3, { y: 1 }],
      [20, { x: 0 }],
    ];
    const { rows } = extract({ ...every10, features: [{ metric: "x", aggregate }] }, events);
    expect(rows[0]!.values).toEqual([expected]);
  });

  it("skip: shows a gap as one skipped row, counts its intervals and breaks the window", () => {
    const result = extract({ ...every10, latenessSeconds: 0, shingleSize: 2 }, [
      [0, { x: 1 }],
      [10, { x: 2 }],
      [50, { x: 3 }],
      [60, { x: 4 }],
      [70, { x: 5 }],
    ]);
    expect(brief(result)).toEqual([
      [0, "warmingUp", 1],
      [10, "scored", 2],
      [40, "skipped", Number.NaN],
      [50, "warmingUp", 3],
      [60, "scored", 4],
    ]);
    expect(result.counts.skipped).toBe(3);
  });

  it("linear: fills the window over a gap of intervals", () => {
    const { rows } = extract({ ...every10, latenessSeconds: 0, missing: "linear", shingleSize: 4 }, [
      [0, { x: 10 }],
      [30, { x: 40 }],
      [40, { x: 0 }],
    ]);
    expect(rows.at(-1)).toMatchObject({ at: 30, vector: [10, 20, 30, 40] });
  });

  it("fills a year of gap in no more rows than the window holds, and accounts for every interval", () => {
    const year = 365 * 24 * 3600;
    for (const missing of ["skip", "last", "zero", "linear"]) {
      // The end of the year is past, or the last event would come from the future.
      const result = extract({ intervalSeconds: 1, latenessSeconds: 0, missing, shingleSize: 3 }, [
        [-year, { x: 1 }],
        [-1, { x: 2 }],
        [0, { x: 3 }],
      ]);
      const { scored, warmingUp, skipped, imputed } = result.counts;
      expect(result.rows.length).toBeLessThanOrEqual(5);
      expect(scored + warmingUp + skipped + imputed).toBe(year);
    }
  });

  it("keeps its state bounded when lateness is many times the interval", () => {
    const events = Array.from({ length: 500 }, (_, n): [number, Values] => [n - 600, { x: n }]);
    const { state, rows } = extract({ intervalSeconds: 1, latenessSeconds: 86_400 }, events);
    expect(state.buckets.length).toBeLessThanOrEqual(16);
    expect(rows.map(({ values }) => values[0])).toEqual(Array.from({ length: 484 }, (_, n) => n));
  });

  it("gives each interval once and in order, whatever order the events have", () => {
    const seconds = fc.array(fc.integer({ min: -200, max: 0 }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: 0, max: 60 }), (times, latenessSeconds) => {
        const events = times.map((second): [number, Values] => [second, { x: 1 }]);
        const features = [{ metric: "x", aggregate: "count" }];
        const result = extract({ intervalSeconds: 7, latenessSeconds, features }, events);
        const at = result.rows.map((row) => row.at);
        expect(at).toEqual([...new Set(at)].sort((a, b) => a - b));
        const inRows = result.rows.reduce((sum, { values }) => sum + (values[0] || 0), 0);
        const open = result.state.buckets.reduce((sum, bucket) => sum + bucket[2]!, 0);
        expect(inRows + open).toBe(result.taken.filter(Boolean).length);
      }),
    );
  });

  it("sums of huge values stop at the largest double and never turn into a missing value", () => {
    const events: [number, Values][] = [
      [1, { x: 1.7e308 }],
      [2, { x: 1.7e308 }],
      [3, { x: -1.7e308 }],
      [4, { x: -1.7e308 }],
      [20, { x: 0 }],
    ];
    const { rows } = extract({ ...every10, features: [{ metric: "x", aggregate: "sum" }] }, events);
    expect(rows[0]!.state).toBe("scored");
    expect(Number.isFinite(rows[0]!.values[0])).toBe(true);
  });
});
