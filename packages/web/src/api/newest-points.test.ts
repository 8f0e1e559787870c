import { expect, test } from "vitest";
import { newestPoints } from "./newest-points.ts";
import type { Point, Points } from "./shapes.ts";

/** An API with rows 0…`rows`, at most `most` in an answer; the cursor is the row to go on before. */
const apiOf = (rows: number, most: number) => {
  const asked: number[] = [];
  const ask = async ({ limit, cursor }: { limit: number; cursor: string | null }): Promise<Points> => {
    asked.push(limit);
    const end = cursor === null ? rows : Number(cursor);
    const first = Math.max(0, end - Math.min(limit, most));
    const points = Array.from({ length: end - first }, (_, index) => ({ timestamp: first + index }) as Point);
    return { detector: "host", entity: "a", features: [], points, cursor: first > 0 ? String(first) : null };
  };
  return { ask, asked };
};

test("one answer that holds all is asked for once", async () => {
  const { ask, asked } = apiOf(50, 100);
  expect((await newestPoints(ask, 80)).points).toHaveLength(50);
  expect(asked).toEqual([80]);
});

test("what does not fit into one answer is fetched with the next, and no more than is wanted", async () => {
  const { ask, asked } = apiOf(300, 100);
  const { points } = await newestPoints(ask, 250);
  expect(points.map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: 250 }, (_, index) => 50 + index));
  expect(asked).toEqual([250, 150, 50]);
});
