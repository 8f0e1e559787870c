import { expect, test } from "vitest";
import { beginInvocation, callsEndMs } from "./deadline.ts";

test("work ends five seconds before an invocation does, and what tidies up after it two and a half", () => {
  beginInvocation(29_000, 1000);
  expect(callsEndMs(1000)).toBe(25_000);
  expect(callsEndMs(24_999)).toBe(25_000);
  expect(callsEndMs(25_000)).toBe(27_500);
  expect(callsEndMs(28_000)).toBe(27_500);
});
