import type { Plan } from "./plan.ts";

/** What a series remembers to make its next rows; a part of its head (`store/head.ts`). */
export type FeatureState = {
  /** Newest event time, 0 before the first event. */
  newestMs: number;
  /** End of the last interval that became a row, 0 before the first: what is older is late. */
  closedUntilMs: number;
  /** Rows in the window, up to `shingleSize`. */
  filled: number;
  /** The last `shingleSize` rows, oldest first, row-major; valid from the end backwards for `filled` rows. */
  window: Float64Array;
  /** Times of the window's rows, for `linear` only. */
  windowTimes: Float64Array;
  /** Last known value per feature, NaN when there is none; for `last` and `linear`. */
  lastValues: Float64Array;
  /** Its time; for `linear`. */
  lastTimes: Float64Array;
  /** Open intervals, oldest first: start, then per feature the accumulated value, then per feature count or time. */
  buckets: Float64Array[];
};

/** Lengths of the state's arrays, which the plan decides. */
export const stateShape = ({ names, shingleSize, missing }: Plan) => {
  const features = names.length;
  return {
    window: features * shingleSize,
    windowTimes: missing === "linear" ? shingleSize : 0,
    lastValues: missing === "last" || missing === "linear" ? features : 0,
    lastTimes: missing === "linear" ? features : 0,
    bucket: 1 + 2 * features,
  };
};

export const freshState = (plan: Plan): FeatureState => {
  const shape = stateShape(plan);
  return {
    newestMs: 0,
    closedUntilMs: 0,
    filled: 0,
    window: new Float64Array(shape.window),
    windowTimes: new Float64Array(shape.windowTimes),
    lastValues: new Float64Array(shape.lastValues).fill(Number.NaN),
    lastTimes: new Float64Array(shape.lastTimes),
    buckets: [],
  };
};
