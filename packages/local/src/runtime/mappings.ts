import { EVENT_SOURCE_MAPPINGS } from "@tidewatch/functions/event-source-mappings";
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
const LOG_BATCH = 2500;

/** Results are wanted at once here, where an invocation costs nothing. */
const RESULTS_WINDOW_SECONDS = 0;
/** A full disk or a lock passes and must cost no event; and nobody but this machine has the records. */
const NO_AGE_LIMIT = -1;

export const ARCHIVE_MAPPING = EventSourceMapping.parse({
  ...EVENT_SOURCE_MAPPINGS.archive,
  batchSize: ARCHIVE_BATCH,
  maximumBatchingWindowInSeconds: ARCHIVE_WINDOW_SECONDS,
  maximumRecordAgeInSeconds: NO_AGE_LIMIT,
});

export const SCORE_MAPPING = EventSourceMapping.parse({
  ...EVENT_SOURCE_MAPPINGS.score,
  batchSize: SCORE_BATCH,
  maximumBatchingWindowInSeconds: RESULTS_WINDOW_SECONDS,
  maximumRecordAgeInSeconds: NO_AGE_LIMIT,
});

/** Without its filter, which knows only JSON: the consumer itself chooses, records of CloudWatch Logs among them. */
export const LOG_MAPPING = EventSourceMapping.parse({
  ...EVENT_SOURCE_MAPPINGS.log,
  batchSize: LOG_BATCH,
  maximumBatchingWindowInSeconds: RESULTS_WINDOW_SECONDS,
  maximumRecordAgeInSeconds: NO_AGE_LIMIT,
  filterCriteria: { filters: [] },
});
