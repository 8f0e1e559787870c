import type { HourBlock } from "./hour.ts";

/** What is watched of the hours of a feature. */
export const HOURLY = ["level", "noise", "volume", "missing"] as const;
export type Hourly = (typeof HOURLY)[number];

export type StatisticRule = {
  /** Of an hour; NaN when it says nothing. */
  of: (block: HourBlock) => number;
  /** Hours that one check looks at, up to its own. */
  window: number;
  /** How they become one number: a mean follows ramps, one odd hour does not move a median. */
  pool: "mean" | "median";
  /** The limit is so many times the largest, or the root mean square, of what the reference's own windows came to. */
  base: "largest" | "rms";
  factor: number;
  /** A smaller change is no drift however still the reference was. */
  leastEffect: number;
  /** Checks in a row over the limit before it is drift. */
  persistence: number;
};

/** Below this much movement from value to value a logarithm would make noise of rounding. */
const NOISE_FLOOR = 0.02;

/**
 * Windows, factors and least effects were chosen together, by F1 on 120 real series with known changes and unchanged ones; see
 * docs/drift.md for the figures. Those of volume and missing were not: no public data set has such changes.
 */
export const RULES: Readonly<Record<Hourly, StatisticRule>> = {
  /** In units of the reference's robust spread. */
  level: {
    ...{ of: ({ level }) => level, window: 6, pool: "mean" },
    ...{ base: "largest", factor: 1.3, leastEffect: 1.2, persistence: 1 },
  },
  /** A logarithm, so that 0.5 is 1.65 times the movement from value to value. */
  noise: {
    ...{ of: ({ noise }) => Math.log(noise + NOISE_FLOOR), window: 3, pool: "median" },
    ...{ base: "rms", factor: 4, leastEffect: 0.5, persistence: 3 },
  },
  /** A logarithm: 0.35 is 30 % fewer rows, or 42 % more. */
  volume: {
    ...{ of: ({ values, missing }) => Math.log(1 + values + missing), window: 3, pool: "median" },
    ...{ base: "rms", factor: 4, leastEffect: 0.35, persistence: 2 },
  },
  /** asin √share, whose variance does not depend on the share (Anscombe 1948): 0.1 is from none missing to one in a hundred. */
  missing: {
    ...{ of: missingStatistic, window: 3, pool: "median" },
    ...{ base: "rms", factor: 4, leastEffect: 0.1, persistence: 2 },
  },
};

/** Of an hour without rows the volume speaks. */
function missingStatistic({ values, missing }: HourBlock): number {
  const rows = values + missing;
  return rows === 0 ? Number.NaN : Math.asin(Math.sqrt(missing / rows));
}

/** Of the values that are known: NaN when fewer than half of them are. */
export const poolWindow = (values: readonly number[], pool: StatisticRule["pool"]): number => {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length * 2 < values.length || known.length === 0) return Number.NaN;
  return pool === "mean" ? known.reduce((sum, value) => sum + value, 0) / known.length : medianOf(known);
};

/** NaN values are left out; NaN for none. */
export const medianOf = (values: readonly number[]): number => {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
