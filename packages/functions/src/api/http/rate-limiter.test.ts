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
  const all = Array.from({ length: count }, () => rateLimiter({ table: slow, clock: now }));
  return { clock, all, writes: () => writes };
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

test("a busy server writes seldom: 6,000 requests one after the other in fewer than 25 writes", async () => {
  const { all, writes } = servers(1);
  for (let request = 0; request < 6000; request++) expect((await all[0]!("k", 6000)).isAllowed).toBe(true);
  expect((await all[0]!("k", 6000)).isAllowed).toBe(false);
  expect(writes()).toBeLessThan(25);
});

test("an idle server sets aside one request only", async () => {
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
  });
  await expect(limiter("k", 5)).rejects.toThrow("away");
  await expect(limiter("k", 5)).rejects.toThrow("away");
});

test("a table on which others always come first ends in an answer, not in a loop", async () => {
  const limiter = rateLimiter({ table: { ...memoryTable(), putMany: async () => ["conflict"] }, clock: () => T0 });
  await expect(limiter("k", 5)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
