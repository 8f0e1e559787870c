import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { batches } from "./batches.ts";

const limits = { maxCount: 3, maxBytes: 100, sizeOf: (n: number) => n, maxWaitMs: 10_000, capacity: 10 };

async function* from(items: number[]): AsyncGenerator<number> {
  yield* items;
}

const collectAll = async (source: AsyncIterable<number>, options = limits) => {
  const all: number[][] = [];
  for await (const batch of batches(source, options)) all.push(batch);
  return all;
};

describe("batches", () => {
  afterEach(() => vi.restoreAllMocks());

  it("fills batches up to the count and then up to the bytes", async () => {
    expect(await collectAll(from([1, 1, 1, 1, 90, 20, 200]))).toEqual([[1, 1, 1], [1, 90], [20], [200]]);
  });

  it("keeps every item in order whatever the limits", async () => {
    const size = fc.integer({ min: 1, max: 50 });
    await fc.assert(
      fc.asyncProperty(fc.array(size), size, size, size, async (items, maxCount, maxBytes, capacity) => {
        const all = await collectAll(from(items), { ...limits, maxCount, maxBytes, capacity });
        expect(all.flat()).toEqual(items);
        expect(all.every((batch) => batch.length <= maxCount)).toBe(true);
      }),
    );
  });

  it("hands out what there is when the source trickles", async () => {
    async function* trickle() {
      yield 1;
      await sleep(200);
      yield 2;
    }
    expect(await collectAll(trickle(), { ...limits, maxWaitMs: 20 })).toEqual([[1], [2]]);
  });

  it("never waits for less than nothing, however late the clock is looked at", async () => {
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    let nowMs = 0;
    vi.spyOn(performance, "now").mockImplementation(() => (nowMs += 0.3));
    async function* trickle() {
      for (const n of [1, 2, 3]) {
        yield n;
        await new Promise(setImmediate);
      }
    }
    for (const maxWaitMs of [0.4, 0.7, 1, 1.3]) await collectAll(trickle(), { ...limits, maxCount: 9, maxWaitMs });
    const waits = setTimer.mock.calls.map(([, ms]) => ms ?? 0);
    expect(waits.length).toBeGreaterThan(0);
    expect(waits.filter((ms) => ms < 0)).toEqual([]);
  });

  it("gives what was read before a failure, then fails", async () => {
    async function* failing() {
      yield 1;
      throw new Error("disk gone");
    }
    const seen: number[][] = [];
    const read = async () => {
      for await (const batch of batches(failing(), limits)) seen.push(batch);
    };
    await expect(read()).rejects.toThrow("disk gone");
    expect(seen).toEqual([[1]]);
  });

  it("reads no further ahead than its capacity", async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1;
        yield 1;
      }
    }
    for await (const _ of batches(endless(), limits)) {
      await sleep(20);
      break;
    }
    expect(read).toBeLessThanOrEqual(limits.capacity + limits.maxCount + 1);
  });
});
