import type { MetricEvent } from "../ingest/event.ts";
import type { Plan } from "./plan.ts";

/**
 * A bucket is an open interval: `[start, value × features, side × features]`. `side` is the count, except that it is the
 * value's time for "last", and for "change" the newest value (NaN before the first) beside the first one in `value`.
 */

/** The event's value of a feature, NaN when it is missing. */
export const observedValue = (event: MetricEvent, metric: string): number => {
  const value = event.values[metric];
  return typeof value === "number" ? value : Number.NaN;
};

export const emptyBucket = (plan: Plan, startMs: number): Float64Array => {
  const features = plan.metrics.length;
  const bucket = new Float64Array(1 + 2 * features);
  bucket[0] = startMs;
  for (let feature = 0; feature < features; feature++) {
    if (plan.aggregates[feature] === "change") bucket[1 + features + feature] = Number.NaN;
  }
  return bucket;
};

/** Adds one event's values, in the order of the stream: sums of doubles depend on it. */
export const addToBucket = (plan: Plan, bucket: Float64Array, event: MetricEvent): void => {
  const features = plan.metrics.length;
  for (let feature = 0; feature < features; feature++) {
    const value = observedValue(event, plan.metrics[feature]!);
    if (Number.isNaN(value)) continue;
    const at = 1 + feature;
    const side = at + features;
    switch (plan.aggregates[feature]) {
      case "last":
        if (event.timestamp < bucket[side]!) continue;
        bucket[at] = value;
        bucket[side] = event.timestamp;
        continue;
      case "change":
        if (Number.isNaN(bucket[side])) bucket[at] = value;
        bucket[side] = value;
        continue;
      case "min":
        bucket[at] = bucket[side] === 0 ? value : Math.min(bucket[at]!, value);
        break;
      case "max":
        bucket[at] = bucket[side] === 0 ? value : Math.max(bucket[at]!, value);
        break;
      default:
        bucket[at] = saturated(bucket[at]! + value);
    }
    bucket[side]!++;
  }
};

/** The interval's value per feature, written to `out`; NaN where nothing was observed, except that a count is then 0. */
export const closeBucket = (plan: Plan, bucket: Float64Array, out: Float64Array): void => {
  const features = plan.metrics.length;
  for (let feature = 0; feature < features; feature++) {
    const value = bucket[1 + feature]!;
    const side = bucket[1 + features + feature]!;
    const aggregate = plan.aggregates[feature];
    if (aggregate === "count") out[feature] = side;
    else if (aggregate === "change") out[feature] = saturated(side - value);
    else if (side === 0) out[feature] = Number.NaN;
    else out[feature] = aggregate === "mean" ? value / side : value;
  }
};

/** Sums of huge values stop at the largest double: infinities of both signs would sum up to NaN, which is "missing". */
const saturated = (sum: number) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum));
