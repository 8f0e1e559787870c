import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { batches, recordsOf, steps } from "../../../../test/support/score-steps.ts";
import { detector, distanceScorer, metric, record, scorePorts } from "../../../../test/support/scoring.ts";
import type { Detector } from "../detector.ts";
import { RowState } from "../feature/rows.ts";
import { randomOf } from "../model/random.ts";
import type { Scorer } from "../model/scorer.ts";
import { scoreBatch } from "../score/run.ts";
import { storedGrade } from "../score/threshold.ts";
import type { Point } from "../store/points.ts";
import type { StreamRecord } from "../store/ports.ts";
import { allSeries, readPoints } from "../store/read-series.ts";
import { type RescoredRow, type RescoreState, rescorer } from "./rescore.ts";

const limits = { direction: "up", minDeviation: { absolute: 5 } };
const detectors: Detector[] = [
  detector({ shingleSize: 2, missing: "linear", latenessSeconds: 5, closeAfterRows: 2 }),
  detector({ intervalSeconds: 4, latenessSeconds: 3, missing: "linear", shingleSize: 4, sensitivity: 9 }),
  detector({ intervalSeconds: 4, latenessSeconds: 3, missing: "last", shingleSize: 3, sensitivity: 9 }),
  detector({ intervalSeconds: 2, latenessSeconds: 0, missing: "zero", shingleSize: 2 }),
  detector({ features: [{ metric: "cpu", ...limits }], sensitivity: 8 }),
  detector({ alarmsPerDay: 1, closeAfterRows: 3 }),
  detector({ closeAfterRows: 2, model: { family: "stream" } }),
];

/** Scores records as the pipeline does, `scorer` from record `since` on; the rows of its series in the stream's order. */
const live = async (of: Detector, scorer: Scorer, records: StreamRecord[], since: number): Promise<Point[][]> => {
  const table = memoryTable();
  await scoreBatch(scorePorts(table, [of], []), records.slice(0, since));
  for (const part of batches(records.slice(since), [17])) await scoreBatch(scorePorts(table, [of], [scorer]), part);
  const all: Point[][] = [];
  for await (const { entity } of allSeries(table, of.id)) {
    all.push((await readPoints(table, of.id, entity)).sort((a, b) => a.row - b.row));
  }
  return all;
};

/** In parts, each by a rescorer that goes on from the bytes of the one before. */
const rescored = async (of: Detector, scorer: Scorer, points: readonly Point[], cuts: readonly number[]) => {
  const rows: RescoredRow[] = [];
  let state: RescoreState | undefined;
  const at = [...new Set([0, ...cuts.map((cut) => cut % (points.length + 1)), points.length])].sort((a, b) => a - b);
  // A model that came later has scored nothing before.
  const firstOf = points.findIndex(({ modelVersion }) => modelVersion > 0);
  if (firstOf > 0) at.push(firstOf);
  at.sort((a, b) => a - b);
  for (const [index, end] of at.slice(1).entries()) {
    const part = points.slice(at[index], end);
    const isLive = (part[0]?.modelVersion ?? 0) > 0;
    const one = rescorer(of, isLive ? scorer : undefined, state);
    // Each part twice: a repeat is left out.
    rows.push(...(await one.take(part)), ...(await one.take(part)));
    state = one.state();
  }
  return rows;
};

/** What both keep of a row; points hold scores as float32. */
const ofPoint = ({ row, timestampMs, state, score, threshold, grade, isSuppressed }: Point) => ({
  ...{ row, timestampMs, state, threshold, grade, isSuppressed, isAnomaly: grade > 0 },
  score: state === RowState.scored ? score : null,
});
const ofRow = ({ score, grade, threshold, isAnomaly, ...rest }: RescoredRow) => {
  const stored = score === null ? null : Math.fround(score);
  return { ...rest, isAnomaly, threshold, score: stored, grade: isAnomaly ? storedGrade(stored!, threshold) : 0 };
};

describe("rescorer", () => {
  it("gives what was live, for any rows, cuts and rules, whenever the model came", async () => {
    let anomalies = 0;
    let suppressed = 0;
    const scorers = await Promise.all(detectors.map((of) => distanceScorer(of)));
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.array(fc.nat(), { maxLength: 4 }),
        fc.constantFrom(0, 0, 30),
        async (all, cuts, since) => {
          for (const [at, of] of detectors.entries()) {
            for (const points of await live(of, scorers[at]!, recordsOf(all), since)) {
              const rows = await rescored(of, scorers[at]!, points, cuts);
              expect(rows.map(ofRow)).toEqual(points.map(ofPoint));
              anomalies += rows.filter(({ isAnomaly }) => isAnomaly).length;
              suppressed += rows.filter(({ isSuppressed }) => isSuppressed).length;
            }
          }
        },
      ),
      { numRuns: 40 },
    );
    expect(anomalies).toBeGreaterThan(30);
    expect(suppressed).toBeGreaterThan(3);
  });

  const hours = 72;
  /** A row every ten minutes for three days; a spike now and then. */
  const days = (): StreamRecord[] => {
    const random = randomOf(5);
    return Array.from({ length: hours * 6 }, (_, n) => {
      const cpu = (n % 97 === 50 ? 95 : 50) + 6 * random.unit();
      return record(n, metric("a", n * 600, { cpu, memory: 45 + 10 * random.unit() }), 0, Number.MAX_SAFE_INTEGER);
    });
  };

  it.each([
    ["an alarm budget", { alarmsPerDay: 2 }],
    ["an online family", { model: { family: "stream" } }],
    ["an online family with an alarm budget", { model: { family: "stream" }, alarmsPerDay: 2 }],
  ])("gives what was live over days with %s", async (_, parts) => {
    const of = detector(parts);
    const scorer = await distanceScorer(of);
    const [points] = await live(of, scorer, days(), 0);
    const rows = await rescored(of, scorer, points!, [1, 100, 301]);
    expect(rows.map(ofRow)).toEqual(points!.map(ofPoint));
    expect(rows.filter(({ isAnomaly }) => isAnomaly).length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ threshold }) => threshold)).size).toBe("alarmsPerDay" in parts ? 2 : 1);
  });

  it.each(["skip", "last", "zero", "linear"])(
    "gives what was live over gaps, with %s for what is missing",
    async (missing) => {
      const of = detector({ missing, intervalSeconds: 600, shingleSize: 4, latenessSeconds: 0, sensitivity: 8 });
      const scorer = await distanceScorer(of);
      const random = randomOf(7);
      const gappy = days().flatMap((one, n) => {
        if (n % 19 < 2 || (n > 200 && n < 230)) return [];
        if (n % 11 > 0) return [one];
        return [record(n, metric("a", n * 600, { cpu: null, memory: 90 * random.unit() }), 0, Number.MAX_SAFE_INTEGER)];
      });
      const [points] = await live(of, scorer, gappy, 0);
      const rows = await rescored(of, scorer, points!, [1, 100, 201, 202]);
      expect(rows.map(ofRow)).toEqual(points!.map(ofPoint));
      expect(new Set(rows.map(({ state }) => state)).size).toBeGreaterThan(missing === "zero" ? 1 : 2);
    },
  );

  it("tells two models apart on the same rows", async () => {
    const of = detector({});
    const [points] = await live(of, await distanceScorer(of), days(), 0);
    const blind = await distanceScorer(of, 50, 1000);
    const rows = await rescorer(of, blind).take(points!);
    expect(rows).toHaveLength(points!.length);
    expect(rows.some(({ isAnomaly }) => isAnomaly)).toBe(false);
    expect(points!.some(({ grade }) => grade > 0)).toBe(true);
  });

  it("leaves out rows that the detector would not make any more, and begins afresh after them", async () => {
    const of = detector({ shingleSize: 3 });
    const scorer = await distanceScorer(of);
    const [points] = await live(of, scorer, days().slice(0, 20), 0);
    const mixed = points!.map((point) =>
      point.row < 10 && point.row > 5 ? { ...point, rowsHash: "f".repeat(16) } : point,
    );
    const rows = await rescorer(of, scorer).take(mixed);
    expect(rows.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(rows.filter(({ state }) => state === RowState.warmingUp).map(({ row }) => row)).toEqual([0, 1, 10, 11]);
  });

  it("refuses a model of other features", async () => {
    const scorer = await distanceScorer(detector({ shingleSize: 2 }));
    expect(() => rescorer(detector({}), scorer)).toThrow(
      /made for other features than those that detector host has now/,
    );
  });

  it("begins afresh, behind the rows it has seen, when the detector's vectors have changed since its state", async () => {
    const of = detector({});
    const [points] = await live(of, await distanceScorer(of), days().slice(0, 20), 0);
    const first = rescorer(of, await distanceScorer(of));
    await first.take(points!.slice(0, 15));
    const wider = detector({ shingleSize: 4 });
    const rows = await rescorer(wider, await distanceScorer(wider), first.state()).take(points!);
    expect(rows.map(({ state }) => state)).toEqual([1, 1, 1, 0, 0]);
  });

  it("says nothing of no rows", async () => {
    const one = rescorer(detector({}), undefined);
    expect(await one.take([])).toEqual([]);
    expect(one.state()).toMatchObject({ lastRow: -1, rows: 0 });
  });
});
