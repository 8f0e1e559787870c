/**
 * What the pipeline itself takes, by its own benchmark: `npm run bench -- --only cost`. Three metrics an event, an
 * isolation forest of a hundred trees, one event per entity and minute. Sizes are exact and come out again on any machine
 * (a test holds them); the CPU times are of one core of the machine below.
 */
export const MEASURED = {
  measuredOn: "2026-11-21",
  machine: "2 shared cores, Node 24.9",
  metricsPerEvent: 3,
  /** An event as JSON, and as a record of the batch that Lambda hands over. */
  eventBytes: 121,
  payloadBytes: 758,
  /** Of an event in the archive, in objects of 250. */
  archivedBytes: 21,
  /** Items as DynamoDB counts them: names of attributes and keys included. */
  headBytes: 565,
  headWriteUnits: 1,
  /** Of a chunk that is full. */
  rowsPerChunk: 11,
  chunkBytes: 697,
  chunkWriteUnits: 1,
  anomalyBytes: 717,
  anomalyWriteUnits: 1,
  /** CPU time of the real handlers on the real adapter of DynamoDB, parsing of the batch and AWS SDK included. */
  scoreMs: { perInvocation: 2.1, perThousandEvents: 24, perThousandSeries: 620 },
  archiveMs: { perInvocation: 2, perThousandEvents: 4.4 },
  /** Log lines that a function writes per invocation. */
  logBytes: { score: 1063, archive: 661, train: 432, api: 575 },
};
export type Measured = typeof MEASURED;
