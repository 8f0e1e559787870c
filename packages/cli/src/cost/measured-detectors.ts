/** Of a detector whose series send an event a minute with so many metrics. Sizes of items are as DynamoDB counts them. */
export type MeasuredDetector = {
  metrics: number;
  /** An event as JSON, and as a record of the batch that Lambda hands over. */
  eventBytes: number;
  payloadBytes: number;
  /** Of an event in the archive, in objects of 250. */
  archivedBytes: number;
  headBytes: number;
  headWriteUnits: number;
  /** Of a chunk that is full; the other figures are means, with those that close with their hour. */
  rowsPerChunk: number;
  chunkBytes: number;
  chunkWriteUnits: number;
  /** What a series of an online family has learnt, written with each chunk and read with each batch; 0 of other families. */
  learntBytes: number;
  learntWriteUnits: number;
  learntReadUnits: number;
  anomalyBytes: number;
  anomalyWriteUnits: number;
  /**
   * CPU time of the real handler on the real adapter of DynamoDB, parsing of the batch and AWS SDK included. What an invocation
   * takes is the median over numbers of metrics, and over families with a model: it depends on neither.
   */
  scoreMs: { perInvocation: number; perThousandEvents: number; perThousandSeries: number };
};

/** By family, fewest metrics first. Families that are not here are like the isolation forest, with larger heads for long windows. */
export const FAMILIES_MEASURED = {
  stream: [
    {
      ...{ metrics: 1, eventBytes: 90, payloadBytes: 715, archivedBytes: 10 },
      ...{ headBytes: 588, headWriteUnits: 1 },
      ...{ rowsPerChunk: 30, chunkBytes: 857, chunkWriteUnits: 1 },
      ...{ learntBytes: 1478, learntWriteUnits: 2, learntReadUnits: 1 },
      ...{ anomalyBytes: 485, anomalyWriteUnits: 1 },
      scoreMs: { perInvocation: 3.2, perThousandEvents: 15, perThousandSeries: 730 },
    },
    {
      ...{ metrics: 3, eventBytes: 121, payloadBytes: 758, archivedBytes: 21 },
      ...{ headBytes: 712, headWriteUnits: 1.13 },
      ...{ rowsPerChunk: 15, chunkBytes: 977, chunkWriteUnits: 1 },
      ...{ learntBytes: 4172, learntWriteUnits: 4.95, learntReadUnits: 1.95 },
      ...{ anomalyBytes: 715, anomalyWriteUnits: 1 },
      scoreMs: { perInvocation: 3.2, perThousandEvents: 25, perThousandSeries: 790 },
    },
    {
      ...{ metrics: 10, eventBytes: 240, payloadBytes: 916, archivedBytes: 64 },
      ...{ headBytes: 1775, headWriteUnits: 2.2 },
      ...{ rowsPerChunk: 15, chunkBytes: 2657, chunkWriteUnits: 3 },
      ...{ learntBytes: 13637, learntWriteUnits: 14, learntReadUnits: 4 },
      ...{ anomalyBytes: 1550, anomalyWriteUnits: 2 },
      scoreMs: { perInvocation: 3.2, perThousandEvents: 54, perThousandSeries: 1170 },
    },
  ],
  "isolation-forest": [
    {
      ...{ metrics: 1, eventBytes: 90, payloadBytes: 715, archivedBytes: 10 },
      ...{ headBytes: 586, headWriteUnits: 1 },
      ...{ rowsPerChunk: 30, chunkBytes: 857, chunkWriteUnits: 1 },
      ...{ learntBytes: 0, learntWriteUnits: 0, learntReadUnits: 0 },
      ...{ anomalyBytes: 469, anomalyWriteUnits: 1 },
      scoreMs: { perInvocation: 2.7, perThousandEvents: 13, perThousandSeries: 470 },
    },
    {
      ...{ metrics: 3, eventBytes: 121, payloadBytes: 758, archivedBytes: 21 },
      ...{ headBytes: 636, headWriteUnits: 1 },
      ...{ rowsPerChunk: 13, chunkBytes: 809, chunkWriteUnits: 1 },
      ...{ learntBytes: 0, learntWriteUnits: 0, learntReadUnits: 0 },
      ...{ anomalyBytes: 726, anomalyWriteUnits: 1 },
      scoreMs: { perInvocation: 2.7, perThousandEvents: 19, perThousandSeries: 440 },
    },
    {
      ...{ metrics: 10, eventBytes: 240, payloadBytes: 916, archivedBytes: 64 },
      ...{ headBytes: 934, headWriteUnits: 1.4 },
      ...{ rowsPerChunk: 5, chunkBytes: 977, chunkWriteUnits: 1 },
      ...{ learntBytes: 0, learntWriteUnits: 0, learntReadUnits: 0 },
      ...{ anomalyBytes: 1607, anomalyWriteUnits: 2 },
      scoreMs: { perInvocation: 2.7, perThousandEvents: 46, perThousandSeries: 560 },
    },
  ],
  var: [
    {
      ...{ metrics: 2, eventBytes: 107, payloadBytes: 739, archivedBytes: 15 },
      ...{ headBytes: 642, headWriteUnits: 1 },
      ...{ rowsPerChunk: 18, chunkBytes: 737, chunkWriteUnits: 1 },
      ...{ learntBytes: 0, learntWriteUnits: 0, learntReadUnits: 0 },
      ...{ anomalyBytes: 640, anomalyWriteUnits: 1 },
      scoreMs: { perInvocation: 2.7, perThousandEvents: 14, perThousandSeries: 610 },
    },
    {
      ...{ metrics: 3, eventBytes: 121, payloadBytes: 758, archivedBytes: 21 },
      ...{ headBytes: 708, headWriteUnits: 1.07 },
      ...{ rowsPerChunk: 13, chunkBytes: 809, chunkWriteUnits: 1 },
      ...{ learntBytes: 0, learntWriteUnits: 0, learntReadUnits: 0 },
      ...{ anomalyBytes: 765, anomalyWriteUnits: 1 },
      scoreMs: { perInvocation: 2.7, perThousandEvents: 17, perThousandSeries: 620 },
    },
    {
      ...{ metrics: 10, eventBytes: 240, payloadBytes: 916, archivedBytes: 64 },
      ...{ headBytes: 1174, headWriteUnits: 1.6 },
      ...{ rowsPerChunk: 5, chunkBytes: 977, chunkWriteUnits: 1 },
      ...{ learntBytes: 0, learntWriteUnits: 0, learntReadUnits: 0 },
      ...{ anomalyBytes: 1663, anomalyWriteUnits: 2 },
      scoreMs: { perInvocation: 2.7, perThousandEvents: 51, perThousandSeries: 530 },
    },
  ],
} as const satisfies Record<string, readonly MeasuredDetector[]>;
export type MeasuredFamily = keyof typeof FAMILIES_MEASURED;
export const MEASURED_FAMILIES = Object.keys(FAMILIES_MEASURED) as MeasuredFamily[];
