import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchingOf, entitiesAmong, shardsFor } from "./batching.ts";
import type { Workload } from "./workload.ts";

const THOUSAND_A_MINUTE: Workload = {
  ...{
    eventsPerSecond: 1000 / 60,
    entities: 1000,
    detectors: 1,
    family: "stream",
    metrics: 3,
    intervalSeconds: 0,
    windowSeconds: 10,
  },
  ...{ arrivals: "even", eventsPerRequest: 0, pageHours: 0, months: 1 },
};
const SIZES = { eventBytes: 121, payloadBytes: 758 };
const batching = (parts: Partial<Workload>, mapping: { batchSize: number; windowSeconds: number }, sizes = SIZES) =>
  batchingOf({ ...THOUSAND_A_MINUTE, ...parts }, mapping, sizes);

describe("batchingOf", () => {
  it("gathers a window's events of each of the four shards", () => {
    // 16.67 / 4 = 4.1667 a second and shard; × 10 s = 41.67; 2,628,000 s / 10 s × 4 shards = 1,051,200 batches.
    const found = batching({}, { batchSize: 2500, windowSeconds: 10 });
    expect(found.eventsPerBatch).toBeCloseTo(41.667, 3);
    expect(found.secondsPerBatch).toBeCloseTo(10, 9);
    expect(found.batchesPerMonth).toBeCloseTo(1_051_200, 3);
  });

  it("meets each entity once per batch when the window is longer than its period", () => {
    // 4.1667 × 300 s = 1,250 events of the shard's 1,000 / 4 = 250 entities, five of each.
    const found = batching({}, { batchSize: 2500, windowSeconds: 300 });
    expect(found.eventsPerBatch).toBeCloseTo(1250, 9);
    expect(found.entitiesPerBatch).toBe(250);
    expect(found.batchesPerMonth).toBeCloseTo(35_040, 3);
  });

  it("ends a batch that is full, or as large as Lambda takes, before its window", () => {
    expect(batching({ eventsPerSecond: 2000 }, { batchSize: 2500, windowSeconds: 10 })).toMatchObject({
      eventsPerBatch: 2500,
      secondsPerBatch: 5,
    });
    // 6 MiB / 3,000 bytes = 2,097.15.
    const large = { eventBytes: 2000, payloadBytes: 3000 };
    expect(batching({ eventsPerSecond: 400 }, { batchSize: 10_000, windowSeconds: 60 }, large).eventsPerBatch).toBe(
      2097,
    );
  });

  it("makes a batch of one event when no other comes within the window", () => {
    const found = batching({ eventsPerSecond: 0.01, entities: 1 }, { batchSize: 2500, windowSeconds: 10 });
    expect(found).toMatchObject({ activeShards: 1, eventsPerBatch: 1, entitiesPerBatch: 1 });
    expect(found.batchesPerMonth).toBeCloseTo(26_280, 6);
  });

  it("without a window takes what comes between two polls, a second apart", () => {
    expect(batching({ eventsPerSecond: 400 }, { batchSize: 2500, windowSeconds: 0 }).eventsPerBatch).toBe(100);
  });
});

describe("shardsFor", () => {
  it.each([
    [1, 100, 4],
    [2000, 100, 4],
    // Twice the rate has to fit: 2 × 2,001 / 1,000 = 4.002.
    [2001, 100, 5],
    // By size: 2 × 1,000 × 10,000 bytes / 1 MiB = 19.07.
    [1000, 10_000, 20],
  ])("for %d events a second of %d bytes is %d", (rate, bytes, shards) => {
    expect(shardsFor(rate, bytes)).toBe(shards);
  });
});

describe("entitiesAmong", () => {
  it("is as many as there are events until all came, when they come evenly", () => {
    expect(entitiesAmong(40, 250, "even")).toBe(40);
    expect(entitiesAmong(1250, 250, "even")).toBe(250);
  });

  it("is the classic occupancy figure when they come at random", () => {
    // Two events of two entities: the same one twice with probability ½, so 1.5 on average.
    expect(entitiesAmong(2, 2, "random")).toBeCloseTo(1.5, 12);
    // 365 days, 23 people: 365 × (1 − (364/365)^23) = 22.32.
    expect(entitiesAmong(23, 365, "random")).toBeCloseTo(22.32, 2);
  });

  it("at random is never more than evenly, and never more than events or entities", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e5, noNaN: true }),
        fc.double({ min: 1, max: 1e5, noNaN: true }),
        (n, e) => {
          const [random, even] = [entitiesAmong(n, e, "random"), entitiesAmong(n, e, "even")];
          expect(random).toBeLessThanOrEqual(even * (1 + 1e-9));
          expect(even).toBe(Math.min(n, e));
        },
      ),
    );
  });
});
