import { expect, test } from "vitest";
import { warmUpText } from "./warm-up.ts";

test("rows are counted only where rows are missing", () => {
  const cause = "no model yet";
  const texts = [1234, 1, 0].map((rowsNeeded) => warmUpText({ cause, rowsNeeded }));
  expect(texts).toEqual([`${cause}, 1,234 more rows needed`, `${cause}, 1 more row needed`, cause]);
});
