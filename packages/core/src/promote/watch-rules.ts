import { z } from "zod";
import { SHARE_MAX, shareAllowed } from "./bands.ts";
import { latencyAllowed } from "./rules.ts";
import type { RowsBefore } from "./watch-counts.ts";
import { count, micros, percent } from "./words.ts";

/** One band, and whether the promoted version keeps it. */
export const WatchRule = z.strictObject({
  rule: z.enum(["errors", "alert-volume", "latency"]),
  before: z.number().nullable(),
  after: z.number().nullable(),
  limit: z.number().nullable(),
  passed: z.boolean(),
  text: z.string(),
});
export type WatchRule = z.output<typeof WatchRule>;

export type Watched = {
  version: number;
  watchHours: number;
  hours: number;
  before: RowsBefore;
  /** Rows since the promotion. */
  scored: number;
  unscored: number;
  anomalies: number;
  /** Records that were put aside. */
  failed: number;
  failedBefore: number;
  /** Why the model cannot be used. */
  unusable: string | undefined;
  msPerRow: number | null;
  msPerRowBefore: number | null;
};

/** A little more to see is no regression. */
const VOLUME_FACTOR = 1.5;
/** A short fault in a quiet series is as much: fewer rows never roll anything back. */
const ROWS_LEAST = 20;
/** New series warm up, and a record may be damaged. */
const ERRORS_ALLOWED = 0.05;
const ERRORS_FACTOR = 2;

export const watchRules = (watched: Watched): WatchRule[] => [
  usableRule(watched),
  unscoredRule(watched),
  failedRule(watched),
  volumeRule(watched),
  latencyRule(watched),
];

const usableRule = ({ version, unusable }: Watched): WatchRule => ({
  ...{ rule: "errors", before: null, after: unusable ? 1 : 0, limit: 0 },
  passed: unusable === undefined,
  text: unusable ? `it cannot be used: ${unusable}` : `version ${version} can be loaded`,
});

const unscoredRule = ({ before, scored, unscored }: Watched): WatchRule => {
  const earlier = share(before.unscored, before.rows + before.unscored);
  const limit = Math.max(ERRORS_ALLOWED, ERRORS_FACTOR * earlier);
  const now = share(unscored, scored + unscored);
  return {
    ...{ rule: "errors", before: earlier, after: now, limit },
    passed: now <= limit || unscored <= ROWS_LEAST,
    text: `${percent(now)} of the rows get no score, and ${percent(limit)} may`,
  };
};

const failedRule = ({ failed, failedBefore, scored, unscored }: Watched): WatchRule => {
  const limit = Math.max(ROWS_LEAST, ERRORS_FACTOR * failedBefore, ERRORS_ALLOWED * (scored + unscored));
  return {
    ...{ rule: "errors", before: failedBefore, after: failed, limit },
    passed: failed <= limit,
    text: `${count(failed, "record")} could not be scored, and ${Math.floor(limit)} may fail`,
  };
};

/**
 * The whole watch may see as many alerts as the band allows for all of its rows: who has used that up is out of it, however
 * early, and one fault in the first hour is not.
 */
const volumeRule = ({ before, scored, anomalies, hours, watchHours }: Watched): WatchRule => {
  const earlier = share(before.anomalies, before.rows);
  const limit = Math.max(shareAllowed(before), Math.min(SHARE_MAX, VOLUME_FACTOR * earlier), earlier);
  const rows = scored === 0 ? 0 : scored * Math.max(1, watchHours / hours);
  return {
    ...{ rule: "alert-volume", before: earlier, after: share(anomalies, scored), limit },
    passed: anomalies <= Math.max(ROWS_LEAST, limit * rows),
    text:
      `it alerts on ${percent(share(anomalies, scored))} of ${count(scored, "row")}, before it was ${percent(earlier)}; ` +
      `the whole watch may see ${percent(limit)}`,
  };
};

const latencyRule = ({ msPerRow, msPerRowBefore }: Watched): WatchRule => {
  const limit = latencyAllowed(msPerRowBefore);
  return {
    ...{ rule: "latency", before: msPerRowBefore, after: msPerRow, limit },
    passed: msPerRow === null || msPerRow <= limit,
    text: msPerRow === null ? "not measured" : `a row takes ${micros(msPerRow)}, and may take ${micros(limit)}`,
  };
};

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
