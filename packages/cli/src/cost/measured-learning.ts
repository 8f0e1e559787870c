/** What the learning loop takes, by `npm run bench -- --only cost`: of a detector of three metrics with a row a minute. */
export const MEASURED_LEARNING = {
  /** A drift check of an hour. */
  driftMs: { perThousandSeries: 894 },
  /** Five minutes in shadow. */
  shadowMs: { perThousandSeries: 741 },
  /** An hour of the archive; the files of a day are copied once more. */
  compactMs: { perThousandEvents: 14 },
  /** Parquet against the objects of the archive. */
  compactedShare: 1,
};
