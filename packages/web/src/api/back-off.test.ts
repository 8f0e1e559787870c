import { expect, test } from "vitest";
import { pauseMs } from "./back-off.ts";

test("polling keeps its interval while all is well and doubles it per failure up to thirty seconds", () => {
  expect([0, 1, 2, 3, 4, 20].map((failures) => pauseMs(2000, failures))).toEqual([
    2000, 4000, 8000, 16000, 30000, 30000,
  ]);
});

test("a failure never makes a slow poll faster", () => {
  expect(pauseMs(60_000, 3)).toBe(60_000);
});
