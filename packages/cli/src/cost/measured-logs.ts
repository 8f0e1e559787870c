/**
 * What log lines take, by the same benchmark as `MEASURED`: lines of HDFS in sessions of 19, with a model that learnt without
 * labels. Sizes come out again on any machine, and a test holds them.
 */
export const MEASURED_LOGS = {
  /** Of a line, and of what an event has around it; of a record of a batch, what is around its data. */
  lineBytes: 134,
  envelopeBytes: 76,
  recordBytes: 597,
  /** Of such a line in the archive. */
  archivedBytes: 26,
  /** A session's item, as it is written while it grows. */
  headBytes: 513,
  headWriteUnits: 1.03,
  /** Of a session that ended, packed to be learnt from, and of its key in a list of open ones. */
  endedBytes: 390,
  dueBytes: 27,
  anomalousBytes: 977,
  anomalousWriteUnits: 1.51,
  /** Of a template in the store of a shard. */
  templateBytes: 62,
  /** CPU time as of `MeasuredDetector`, the least of three runs; a session is written with each batch that has lines of it, and ends once. */
  logMs: { perInvocation: 4.6, perThousandLines: 17, perThousandSessions: 720, perThousandEnded: 250 },
};
