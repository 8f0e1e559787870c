import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomOf } from "../model/random.ts";
import { type EventRows, mergeEvents } from "./events.ts";
import { eventRecallAt } from "./false-alarms.ts";
import { rankingOf } from "./ranking.ts";

type Case = {
  stepSeconds: number;
  perDay: number;
  scores: number[];
  events: EventRows[];
  averagePrecision: number;
  bestF1: number;
  compositeF1: number;
  eventRecall: number;
};
const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL("fixtures/scikit-learn.json", import.meta.url), "utf8"),
);

const DIGITS = 12;

describe("ranking", () => {
  it.each(cases)("gives what scikit-learn gives, equal scores included (%#)", (one) => {
    const scores = Float64Array.from(one.scores);
    const { averagePrecision, bestF1, compositeF1 } = rankingOf(scores, one.events);
    expect(averagePrecision).toBeCloseTo(one.averagePrecision, DIGITS);
    expect(bestF1).toBeCloseTo(one.bestF1, DIGITS);
    expect(compositeF1).toBeCloseTo(one.compositeF1, DIGITS);
    const timestamps = scores.map((_, row) => row * one.stepSeconds * 1000);
    expect(eventRecallAt(one.perDay, timestamps, scores, one.events)).toBeCloseTo(one.eventRecall, DIGITS);
  });

  it("lets one row of an event find it, but counts rows one by one", () => {
    const { averagePrecision, bestF1, compositeF1 } = rankingOf(Float64Array.of(9, 0, 0, 0, 8, 0), [
      [0, 1],
      [4, 4],
    ]);
    expect(compositeF1).toBe(1);
    expect(bestF1).toBeCloseTo((2 * 1 * (2 / 3)) / (1 + 2 / 3), DIGITS);
    // Two rows at precision 1, the third at 3 of 6: the four zeros share one threshold.
    expect(averagePrecision).toBeCloseTo((1 + 1 + 0.5) / 3, DIGITS);
  });
});

/** Scores and at least one event among at least two rows. */
const labelled = fc
  .array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.boolean()), { minLength: 2, maxLength: 60 })
  .chain((rows) => fc.record({ rows: fc.constant(rows), first: fc.nat(rows.length - 1), length: fc.nat(5) }))
  .map(({ rows, first, length }) => {
    const labels = rows.flatMap(([, isEvent], row): EventRows[] => (isEvent ? [[row, row]] : []));
    const events = mergeEvents([...labels, [first, Math.min(first + length, rows.length - 1)]]);
    return { scores: Float64Array.from(rows, ([score]) => score), events };
  });

const isIn = (events: readonly EventRows[], row: number) => events.some(([a, b]) => row >= a && row <= b);

describe("laws of ranking", () => {
  it("stays within 0 and 1, and is never worse than all rows flagged", () => {
    fc.assert(
      fc.property(labelled, ({ scores, events }) => {
        const ranking = rankingOf(scores, events);
        for (const value of Object.values(ranking)) {
          expect(value).toBeGreaterThan(0);
          expect(value).toBeLessThanOrEqual(1);
        }
        const positives = scores.filter((_, row) => isIn(events, row)).length;
        const prevalence = positives / scores.length;
        const allFlagged = (2 * prevalence) / (1 + prevalence) - 1e-12;
        expect(ranking.bestF1).toBeGreaterThanOrEqual(allFlagged);
        expect(ranking.compositeF1).toBeGreaterThanOrEqual(allFlagged);
      }),
    );
  });

  it("is 1 when every labelled row scores above all others", () => {
    fc.assert(
      fc.property(labelled, ({ scores, events }) => {
        const perfect = scores.map((score, row) => score + (isIn(events, row) ? 1000 : 0));
        expect(rankingOf(perfect, events)).toEqual({ averagePrecision: 1, bestF1: 1, compositeF1: 1 });
      }),
    );
  });

  it("depends on the order of the scores alone", () => {
    fc.assert(
      fc.property(labelled, ({ scores, events }) => {
        const timestamps = scores.map((_, row) => row * 3_000_000);
        const grown = scores.map((score) => Math.exp(score / 10) * 7 - 3);
        expect(rankingOf(grown, events)).toEqual(rankingOf(scores, events));
        expect(eventRecallAt(1, timestamps, grown, events)).toBe(eventRecallAt(1, timestamps, scores, events));
      }),
    );
  });

  it("gives chance its share: the average precision of random scores is that of events among the rows", () => {
    const random = randomOf(3);
    const events: EventRows[] = Array.from({ length: 40 }, (_, event) => [event * 500, event * 500 + 49]);
    const scores = Float64Array.from({ length: 20_000 }, () => random.unit());
    expect(rankingOf(scores, events).averagePrecision).toBeCloseTo(0.1, 1);
    // Scores that are all equal have one threshold: exactly the share.
    expect(rankingOf(new Float64Array(20_000), events).averagePrecision).toBeCloseTo(0.1, DIGITS);
  });
});
