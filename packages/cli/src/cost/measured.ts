/**
 * What the pipeline itself takes, by its own benchmark: `npm run bench -- --only cost`. Three metrics an event, an
 * isolation forest of a hundred trees, one event per entity and minute. Sizes are exact and come out again on any machine
 * (a test holds them); the CPU times are of one core of the machine below.
 */
export const MEASURED = {
  measuredOn: "2026-11-21",
  machine: "2 shared cores, Node 24.9",
  metricsPerEvent: 3,
  /** An event as JSON, and as a record of the event that Lambda hands over. */
  eventBytes: 130,
  payloadBytes: 560,
  /** Of an event in the archive, in objects of 250. */
  archivedBytes: 30,
  /** Items as DynamoDB counts them: names of attributes and keys included. */
  headBytes: 700,
  headWriteUnits: 1,
  rowsPerChunk: 11,
  chunkBytes: 800,
  chunkWriteUnits: 1,
  anomaliesPerRow: 0.002,
  anomalyBytes: 900,
  anomalyWriteUnits: 1,
  /** CPU time of the real handlers on the real DynamoDB adapter, the AWS SDK included. */
  scoreMs: { perInvocation: 1, perThousandEvents: 20, perThousandSeries: 300 },
  archiveMs: { perInvocation: 1, perThousandEvents: 10 },
  /** Log lines that a function writes per invocation. */
  logBytes: { score: 1200, archive: 900, train: 900, api: 900 },
};
export type Measured = typeof MEASURED;
