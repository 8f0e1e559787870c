import type { Point } from "../store/points.ts";

/** A row that was reported, of one series. */
export type AnomalousRow = { row: number; timestampMs: number; score: number };

/** A run of anomalies of one series. Times are those of the first and the last of them. */
export type Incident = {
  fromMs: number;
  toMs: number;
  firstRow: number;
  lastRow: number;
  anomalies: number;
  /** The highest. */
  score: number;
};

/** The rows that were reported live, in the order of the stream. */
export const liveAnomalies = (points: readonly Point[]): AnomalousRow[] => points.filter(({ grade }) => grade > 0);

/**
 * Anomalous rows as incidents, by the rule that is live: one ends after `closeAfterRows` rows without an anomaly. Rows that
 * were skipped count too, and what an online family finds to go on does not: so incidents may be cut where live ones are not.
 * Goes on in `incidents`, in the order of the rows.
 */
export const addToIncidents = (
  incidents: Incident[],
  anomalies: readonly AnomalousRow[],
  closeAfterRows: number,
): void => {
  for (const { row, timestampMs, score } of anomalies) {
    const last = incidents.at(-1);
    if (!last || row - last.lastRow > closeAfterRows) {
      incidents.push({ fromMs: timestampMs, toMs: timestampMs, firstRow: row, lastRow: row, anomalies: 1, score });
      continue;
    }
    last.fromMs = Math.min(last.fromMs, timestampMs);
    last.toMs = Math.max(last.toMs, timestampMs);
    last.lastRow = row;
    last.anomalies++;
    last.score = Math.max(last.score, score);
  }
};

/** `added` only the other model reports, `vanished` only the live one, `common` are live incidents that both report. */
export type IncidentDiff = { added: Incident[]; vanished: Incident[]; common: Incident[] };

/** Both of one series, in the order of the rows. Incidents are the same where they were open at the same time. */
export const diffIncidents = (
  live: readonly Incident[],
  other: readonly Incident[],
  closeAfterRows: number,
): IncidentDiff => {
  const isOpenWith = overlaps(closeAfterRows);
  const meets = (all: readonly Incident[]) => {
    let at = 0;
    return (one: Incident): boolean => {
      while (at < all.length && all[at]!.lastRow + closeAfterRows <= one.firstRow) at++;
      return at < all.length && isOpenWith(all[at]!, one);
    };
  };
  const isInOther = meets(other);
  const isInLive = meets(live);
  const parted = live.map((one) => ({ one, isCommon: isInOther(one) }));
  return {
    added: other.filter((one) => !isInLive(one)),
    vanished: parted.filter(({ isCommon }) => !isCommon).map(({ one }) => one),
    common: parted.filter(({ isCommon }) => isCommon).map(({ one }) => one),
  };
};

/** An incident is open from its first anomaly until as many rows without one have come. */
const overlaps = (closeAfterRows: number) => (a: Incident, b: Incident) =>
  a.firstRow < b.lastRow + closeAfterRows && b.firstRow < a.lastRow + closeAfterRows;
