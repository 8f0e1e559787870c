import fc from "fast-check";
import { expect, test } from "vitest";
import { distanceOfScore, freshNovelty, learnNovelty, type Novelty, PROTOTYPES, scoreNovelty } from "./novelty.ts";

const learnt = (values: readonly number[]): Novelty => {
  const novelty = freshNovelty();
  for (const value of values) learnNovelty(novelty, Math.fround(value));
  return novelty;
};
const prototypesOf = ({ prototypes, count }: Novelty) => [...prototypes.subarray(0, count)];

test("what was seen is remembered until the memory is full; then the closest pair loses one", () => {
  const apart = Array.from({ length: PROTOTYPES }, (_, index) => index * 10);
  expect(prototypesOf(learnt([...apart, ...apart]))).toEqual(apart);
  // 101 stands 1 above 100: dropping 100 would leave a hole of 11, dropping 101 one of 10.
  expect(prototypesOf(learnt([...apart, 101]))).toEqual(apart);
  // 99 stands 1 below 100: now 99 leaves the smaller hole.
  expect(prototypesOf(learnt([...apart, 99]))).toEqual(apart);
});

test("the extremes stay, whatever comes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 300 }),
      (values) => {
        const kept = prototypesOf(learnt(values.map((value) => value + 0)));
        expect(kept[0]).toBe(Math.min(...values) + 0);
        expect(kept.at(-1)).toBe(Math.max(...values) + 0);
        expect(kept.length).toBeLessThanOrEqual(PROTOTYPES);
        expect(kept.every((value, index) => index === 0 || value > kept[index - 1]!)).toBe(true);
      },
    ),
  );
});

test("a new extreme next to its neighbour is kept, and the neighbour dropped", () => {
  const apart = Array.from({ length: PROTOTYPES }, (_, index) => index * 10);
  const highest = (PROTOTYPES - 1) * 10;
  expect(prototypesOf(learnt([...apart, highest + 1]))).toEqual([...apart.slice(0, -1), highest + 1]);
  expect(prototypesOf(learnt([...apart, -1]))).toEqual([-1, ...apart.slice(1)]);
});

test("the score of the first new number after N equal ones is log10 of N + 1", () => {
  const novelty = learnt(Array.from({ length: 999 }, () => 5));
  expect(scoreNovelty(novelty, 5)).toBe(0);
  expect(scoreNovelty(novelty, 6)).toBeCloseTo(3, 12);
});

test("the score is the share of rows that were as new, one added to both sides, and a power law beyond the largest", () => {
  // 100 rows, of which the one that brings 8 is new: by a distance of 8, the anchor. Distances 8 and 9 share a bin.
  const novelty = learnt([...Array.from({ length: 60 }, () => 0), 8, ...Array.from({ length: 39 }, () => 0)]);
  expect(scoreNovelty(novelty, -9)).toBeCloseTo(Math.log10(101 / 2), 12);
  // The bin of 8 ends at 8·√2; 113.137 is ten times as far.
  expect(scoreNovelty(novelty, Math.fround(-80 * Math.SQRT2))).toBeCloseTo(Math.log10(101) + 1.5, 3);
});

test("nothing is ranked before 21 rows, and the first 6 have no distance", () => {
  const novelty = learnt([1, 2, 4, 8, 16, 32]);
  expect(novelty.anchor).toBeNaN();
  expect(scoreNovelty(novelty, 1e6)).toBe(0);
});

test("scores do not depend on the unit", () => {
  const values = Array.from({ length: 500 }, (_, index) => ((index * 7919) % 1013) - 500);
  const scores = (unit: number) => {
    const novelty = freshNovelty();
    return values.map((value) => {
      const score = scoreNovelty(novelty, Math.fround(value * unit));
      learnNovelty(novelty, Math.fround(value * unit));
      return score;
    });
  };
  expect(scores(2 ** -20)).toEqual(scores(1));
  expect(scores(2 ** 20)).toEqual(scores(1));
});

test("after 60,000 rows all counts are halved, and what happened once stays", () => {
  const novelty = learnt([...Array.from({ length: 100 }, () => 0), 8]);
  for (let row = 101; row < 60_000; row++) learnNovelty(novelty, 0);
  expect(novelty.total).toBe(30_001);
  expect(scoreNovelty(novelty, -9)).toBeCloseTo(Math.log10(30_002 / 2), 12);
});

test("the distance of a score has that score", () => {
  const novelty = learnt(Array.from({ length: 2000 }, (_, index) => ((index * 7919) % 1013) ** 2));
  fc.assert(
    fc.property(fc.double({ min: 0.5, max: 6, noNaN: true }), (score) => {
      const distance = distanceOfScore(novelty, score);
      const highest = novelty.prototypes[novelty.count - 1]!;
      const scoreAt = (share: number) => scoreNovelty(novelty, Math.fround(highest + distance * share));
      expect(scoreAt(1.001)).toBeGreaterThanOrEqual(score);
      expect(scoreAt(0.7)).toBeLessThan(score);
    }),
  );
  expect(distanceOfScore(freshNovelty(), 3)).toBe(0);
});
