import { expect, test } from "vitest";
import { sparklineShape } from "./sparkline-shape.ts";

const SIZE = { width: 106, height: 46 };

test("values go from left to right, the largest at the top, and the limit has a line", () => {
  expect(sparklineShape([0, 1, 2], 4, SIZE)).toEqual({
    paths: ["M3 43L53 33 103 23"],
    limits: [3],
    last: { x: 103, y: 23 },
  });
});

test("with negative values the limit stands on both sides", () => {
  expect(sparklineShape([-1, 1], 2, SIZE).limits).toEqual([3, 43]);
});

test("an hour without data leaves a gap, and an hour between two gaps stays in sight", () => {
  expect(sparklineShape([0, null, 1, null], 1, SIZE)).toEqual({
    paths: ["M3 43L3 43", "M69.7 3L69.7 3"],
    limits: [3],
    last: undefined,
  });
});

test("nothing known is no path, and a limit of zero breaks nothing", () => {
  expect(sparklineShape([], 0, SIZE)).toEqual({ paths: [], limits: [23], last: undefined });
  expect(sparklineShape([0], 0, SIZE).last).toEqual({ x: 3, y: 23 });
});
