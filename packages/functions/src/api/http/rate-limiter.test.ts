import type { Table } from "@tidewatch/core/store/ports";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { rateLimiter } from "./rate-limiter.ts";

const T0 = Date.UTC(2026, 10, 21, 12);

/** Instances of a limiter over one table, whose calls interleave as the turns say; `writes` counts puts that got through. */
const servers = (count: number, turns: readonly number[] = [0]) => {
  const clock = { nowMs: T0 };
  const now = () => clock.nowMs;
  const table = memoryTable(now);
  let call = 0;
  let writes = 0;
  const pause = async () => {
    for (let turn = turns[call++ % turns.length]!; turn > 0; turn--) await Promise.resolve();
  };
  const slow: Table = {
    ...table,
    getMany: async (keys) => {
      await pause();
      return table.getMany(keys);
    },
    putMany: async (puts) => {
      await pause();
      const outcomes = await table.putMany(puts);
      const [before] = await table.getMany([puts[0]!.item]);
      // As an adapter may that lost the answer to its put: an equal item looks like its own.
      if (JSON.stringify(before) === JSON.stringify(puts[0]!.item)) outcomes[0] = "written";
      writes += outcomes.filter((outcome) => outcome === "written").length;
      return outcomes;
    },
  };
  const all = Array.from({ length: count }, () => rateLimiter({ table: slow, clock: now, ...impatient }));
  return { clock, all, writes: () => writes };
};
/** No time goes by in a pause; another chance each time. */
const impatient = { random: () => 0.5, sleep: () => Promise.resolve() };

/** Servers over a table whose calls take 5 ms each, in a time of their own. */
const serversInTime = (count: number) => {
  const time = { nowMs: T0 };
  const timers: { atMs: number; end: () => void }[] = [];
  const sleep = (ms: number) =>
    new Promise<void>((end) => {
      timers.push({ atMs: time.nowMs + ms, end });
    });
  const table = memoryTable(() => time.nowMs);
  let calls = 0;
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    await sleep(5);
    return work();
  };
  const slow: Table = {
    ...table,
    getMany: (keys) => call(() => table.getMany(keys)),
    putMany: (puts) => call(() => table.putMany(puts)),
  };
  let seed = 1;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const all = Array.from({ length: count }, () => rateLimiter({ table: slow, clock: () => time.nowMs, random, sleep }));
  /** Lets the time go by until nobody waits any more. */
  const run = async (): Promise<void> => {
    for (;;) {
      await new Promise(setImmediate);
      const next = timers.sort((a, b) => a.atMs - b.atMs).shift();
      if (!next) return;
      time.nowMs = Math.max(time.nowMs, next.atMs);
      next.end();
    }
  };
  return { all, run, time, calls: () => calls };
};

const passed = (answers: readonly { isAllowed: boolean }[]): number =>
  answers.filter(({ isAllowed }) => isAllowed).length;

describe("over any number of servers", () => {
  test("never more than the limit pass in a window, and a server that goes on asking gets all that is left", async () => {
    const turns = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 });
    const asked = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), asked, turns, async (limit, servers_, pauses) => {
        const { all, clock } = servers(6, pauses);
        const answers = await Promise.all(servers_.map((server) => all[server]!("k", limit)));
        expect(passed(answers)).toBeLessThanOrEqual(limit);
        const more = await Promise.all(
          all.flatMap((server) => Array.from({ length: limit }, () => server("k", limit))),
        );
        expect(passed([...answers, ...more])).toBe(limit);
        clock.nowMs += 60_000;
        expect((await all[0]!("k", limit)).isAllowed).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("a burst at twenty servers at once takes exactly the limit", async () => {
    const { all } = servers(20, [3, 1, 4, 1, 5]);
    const answers = await Promise.all(all.flatMap((server) => Array.from({ length: 100 }, () => server("k", 1000))));
    expect(passed(answers)).toBe(1000);
  });
});

test("a busy server writes seldom: 6,000 requests one after the other in fewer than 15 writes", async () => {
  const { all, writes } = servers(1);
  for (let request = 0; request < 6000; request++) expect((await all[0]!("k", 6000)).isAllowed).toBe(true);
  expect((await all[0]!("k", 6000)).isAllowed).toBe(false);
  expect(writes()).toBeLessThan(15);
});

test("a hundred servers that meet at a full minute all get on, within seconds and with few calls", async () => {
  const { all, run, time, calls } = serversInTime(100);
  const answers = Promise.all(all.map((server) => server("k", 6000)));
  await run();
  expect(passed(await answers)).toBe(100);
  expect(time.nowMs - T0).toBeLessThan(5000);
  expect(calls()).toBeLessThan(100 * 2 * 8);
});

test("three hundred servers with a request each all pass, although each sets aside more", async () => {
  const { all } = servers(300);
  const answers = [];
  for (const server of all) answers.push(await server("k", 6000));
  expect(passed(answers)).toBe(300);
});

test("a server begins with a small share of a high rate, so that it soon writes seldom", async () => {
  const { all, writes } = servers(1);
  for (let request = 0; request < 46; request++) await all[0]!("k", 6000);
  expect(writes()).toBe(1);
});

test("an idle server sets aside one request only of a low rate", async () => {
  const { all } = servers(2);
  await all[0]!("k", 100);
  const answers = [];
  for (let request = 0; request < 100; request++) answers.push(await all[1]!("k", 100));
  expect(passed(answers)).toBe(99);
});

test("a refusal says when the window ends, and what is left counts down", async () => {
  const { all, clock } = servers(1);
  clock.nowMs = T0 + 20_500;
  const [limiter] = [all[0]!];
  expect(await limiter("k", 2)).toEqual({ isAllowed: true, limit: 2, remaining: 1, resetSeconds: 40 });
  expect(await limiter("k", 2)).toEqual({ isAllowed: true, limit: 2, remaining: 0, resetSeconds: 40 });
  expect(await limiter("k", 2)).toEqual({ isAllowed: false, limit: 2, remaining: 0, resetSeconds: 40 });
  expect((await limiter("other", 2)).isAllowed).toBe(true);
  clock.nowMs = T0 + 59_999;
  expect(await limiter("k", 2)).toMatchObject({ isAllowed: false, resetSeconds: 1 });
  clock.nowMs = T0 + 60_000;
  expect(await limiter("k", 2)).toMatchObject({ isAllowed: true, resetSeconds: 60 });
});

test("while the table does not answer nobody passes uncounted", async () => {
  const limiter = rateLimiter({
    table: { ...memoryTable(), putMany: () => Promise.reject(new Error("away")) },
    clock: () => T0,
    ...impatient,
  });
  await expect(limiter("k", 5)).rejects.toThrow("away");
  await expect(limiter("k", 5)).rejects.toThrow("away");
});

test("a table on which others always come first ends in an answer, not in a loop", async () => {
  const table: Table = { ...memoryTable(), putMany: async () => ["conflict"] };
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
  };
  const limiter = rateLimiter({ table, clock: () => T0, random: () => 1, sleep });
  await expect(limiter("k", 5)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(waits.slice(0, 4)).toEqual([20, 40, 80, 160]);
  expect(waits.reduce((sum, ms) => sum + ms)).toBeLessThan(20_000);
});
