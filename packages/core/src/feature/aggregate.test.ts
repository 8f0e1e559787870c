import { describe, expect, it } from "vitest";
import { Detector } from "../detector.ts";
import { addToBucket, closeBucket, emptyBucket } from "./aggregate.ts";
import { planOf } from "./plan.ts";

const AGGREGATES = ["mean", "sum", "min", "max", "count", "last", "change"] as const;
const plan = planOf(
  Detector.parse({
    id: "all-aggregates",
    features: AGGREGATES.map((aggregate) => ({ name: aggregate, metric: "m", aggregate })),
    intervalSeconds: 60,
  }),
);

const aggregate = (observations: readonly [timestamp: number, value: number | null][]) => {
  const bucket = emptyBucket(plan, 0);
  for (const [timestamp, m] of observations)
    addToBucket(plan, bucket, { type: "metric", entity: "e", timestamp, values: { m } });
  const out = new Float64Array(AGGREGATES.length);
  closeBucket(plan, bucket, out);
  return Object.fromEntries(AGGREGATES.map((name, feature) => [name, out[feature]]));
};

describe("aggregates of an interval", () => {
  it("reduces observations to the values that the names promise", () => {
    const result = aggregate([
      [1000, -4],
      [2000, 10],
      [3000, 3],
    ]);

    expect(result).toEqual({ mean: 3, sum: 9, min: -4, max: 10, count: 3, last: 3, change: 7 });
  });

  it("is missing where nothing was observed, and a count of nothing is 0", () => {
    const { count, ...others } = aggregate([[1000, null]]);

    expect(count).toBe(0);
    for (const value of Object.values(others)) expect(value).toBeNaN();
  });

  it("takes the newest by time as last, whatever the order of arrival", () => {
    expect(
      aggregate([
        [3000, 30],
        [1000, 10],
      ]).last,
    ).toBe(30);
  });

  it("sees no change in a single observation, not even in a zero", () => {
    expect(aggregate([[1000, 0]]).change).toBe(0);
    expect(
      aggregate([
        [1000, 0],
        [2000, 5],
      ]).change,
    ).toBe(5);
  });

  it("keeps sums and changes of huge values finite", () => {
    const { sum, change } = aggregate([
      [1000, -Number.MAX_VALUE],
      [2000, Number.MAX_VALUE],
      [3000, Number.MAX_VALUE],
    ]);

    expect(Number.isFinite(sum)).toBe(true);
    expect(change).toBe(Number.MAX_VALUE);
  });
});
