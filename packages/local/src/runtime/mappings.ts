import { EventSourceMapping } from "../consumer/mapping.ts";

/**
 * The archive gathers records for this long, so that a quiet stream does not leave an object per record. Nothing waits
 * for it: the stream itself keeps the records until then.
 */
const ARCHIVE_WINDOW_SECONDS = 30;
/**
 * A trade: with 3,000 and 4,000 records a batch the benchmark takes in 15 % more, as heads are written less often, but
 * passes the memory budget (529 against 497 MB over two million events).
 */
const ARCHIVE_BATCH = 2000;
const SCORE_BATCH = 2500;

/** Sees every record, and never gives one up: what it cannot write, nobody has. */
export const ARCHIVE_MAPPING = EventSourceMapping.parse({
  batchSize: ARCHIVE_BATCH,
  maximumBatchingWindowInSeconds: ARCHIVE_WINDOW_SECONDS,
});

/**
 * One lane per shard: the scorer's sequence numbers per shard need the shard's order. Without a limit of retries: a full
 * disk or a lock passes and must cost no event. What does not pass is bisected down to its record, which the scorer keeps
 * under `failed/` instead of failing.
 */
export const SCORE_MAPPING = EventSourceMapping.parse({
  batchSize: SCORE_BATCH,
  bisectBatchOnFunctionError: true,
  functionResponseTypes: ["ReportBatchItemFailures"],
  filterCriteria: { filters: [{ pattern: JSON.stringify({ data: { type: ["metric"] } }) }] },
});
