import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { concurrencyLimit } from "./limit.ts";

describe("the concurrency limit", () => {
  it("never runs more at once than it has slots, and runs everything in order", async () => {
    const limit = concurrencyLimit(2);
    const started: number[] = [];
    let running = 0;
    let most = 0;

    const work = (number: number) =>
      limit(async () => {
        started.push(number);
        most = Math.max(most, ++running);
        await sleep(number % 3);
        running--;
        return number * 10;
      });
    const results = await Promise.all([0, 1, 2, 3, 4, 5, 6].map(work));

    expect(most).toBe(2);
    expect(started).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(results).toEqual([0, 10, 20, 30, 40, 50, 60]);
  });

  it("gives the slot of failed work to the next", async () => {
    const limit = concurrencyLimit(1);
    const failed = limit(() => Promise.reject(new Error("no")));
    const next = limit(async () => "yes");

    await expect(failed).rejects.toThrow("no");
    expect(await next).toBe("yes");
  });
});
