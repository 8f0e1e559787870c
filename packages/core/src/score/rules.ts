import type { Feature } from "../detector.ts";

export type SuppressedBy = "direction" | "minimum-deviation";

/** The features that pass their rules must make up at least this much of the score: half, so that no minor one decides. */
const STANDING_SHARE = 0.5;

/**
 * Whether an anomalous score stands: the features that deviate in their direction, and far enough, carry at least half of
 * the attribution. Otherwise the rule that first fails.
 * @param values row-major, the row begins at `at`; `expected` and `shares` (from `sharesAt`) one per feature
 */
export const suppression = (
  features: readonly Feature[],
  values: Float64Array,
  at: number,
  expected: ArrayLike<number>,
  shares: Float64Array,
  sharesAt: number,
): SuppressedBy | undefined => {
  let inDirection = 0;
  let farEnough = 0;
  for (let index = 0; index < features.length; index++) {
    const deviation = values[at + index]! - expected[index]!;
    if (!isInDirection(features[index]!, deviation)) continue;
    inDirection += shares[sharesAt + index]!;
    if (isFarEnough(features[index]!, deviation, expected[index]!)) farEnough += shares[sharesAt + index]!;
  }
  // Shares of equal halves must not fall short by rounding.
  if (farEnough >= STANDING_SHARE - 1e-9) return undefined;
  return inDirection >= STANDING_SHARE - 1e-9 ? "minimum-deviation" : "direction";
};

const isInDirection = ({ direction }: Feature, deviation: number): boolean => {
  if (direction === "both") return true;
  return direction === "up" ? deviation > 0 : deviation < 0;
};

const isFarEnough = ({ minDeviation }: Feature, deviation: number, expected: number): boolean => {
  const distance = Math.abs(deviation);
  return distance >= minDeviation.absolute && distance >= minDeviation.relative * Math.abs(expected);
};
