import { expect, test } from "vitest";
import { fullJitterMs, untilDone } from "./backoff.ts";

const backoff = (random: number, attempts = 10) => {
  const waits: number[] = [];
  return { waits, random: () => random, sleep: async (ms: number) => void waits.push(ms), attempts };
};

test("a wait is anything from nothing to a bound that doubles up to five seconds", () => {
  const bounds = Array.from({ length: 9 }, (_, attempt) => fullJitterMs(attempt, () => 1));
  expect(bounds).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  expect(fullJitterMs(5, () => 0)).toBe(0);
});

test("work that never gets done is given back after the last try, without a wait after it", async () => {
  const patience = backoff(1, 4);
  let tries = 0;
  const left = await untilDone(
    ["a", "b"],
    async (some) => {
      tries++;
      return some;
    },
    patience,
  );
  expect([left, tries, patience.waits]).toEqual([["a", "b"], 4, [50, 100, 200]]);
});

test("a try that gets something done starts the count of failures anew", async () => {
  const patience = backoff(1, 3);
  const tries: number[][] = [];
  // Every third try takes the first item.
  const attempt = async (some: readonly number[]) => {
    tries.push([...some]);
    return tries.length % 3 === 0 ? some.slice(1) : some;
  };
  expect(await untilDone([1, 2, 3], attempt, patience)).toEqual([]);
  expect(tries).toHaveLength(9);
  expect(Math.max(...patience.waits)).toBe(100);
});

test("no wait goes beyond the end, however much gets done", async () => {
  const endMs = Date.now() + 60_000;
  const takesOne = async (some: readonly number[]) => some.slice(1);
  const hurried = { ...backoff(1), endsMs: () => endMs };
  expect(await untilDone([1, 2, 3], takesOne, hurried)).toEqual([]);
  const late = { ...backoff(1), endsMs: () => Date.now() + 10 };
  expect(await untilDone([1, 2, 3], takesOne, late)).toEqual([2, 3]);
  expect(late.waits).toEqual([]);
});

test("no work asks for no try", async () => {
  const never = async () => Promise.reject(new Error("tried"));
  expect(await untilDone([], never, backoff(0))).toEqual([]);
});
