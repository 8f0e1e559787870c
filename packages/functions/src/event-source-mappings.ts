/**
 * How each consumer reads the stream, in the words of Lambda's API for event-source mappings. The deployment takes the
 * table as it is, the embedded runtime all but its sizes and limits. -1 means "without limit".
 */

const HOUR_SECONDS = 3600;

/** How long the stream keeps its records. The age limits below stay under it by what an operator needs to redrive. */
export const STREAM_RETENTION_HOURS = 48;

/** Events of metrics; Lambda itself drops, for this consumer, what is not JSON. The archive sees every record. */
const METRIC_EVENTS = { filters: [{ pattern: JSON.stringify({ data: { type: ["metric"] } }) }] };
/**
 * Log lines. What CloudWatch Logs puts on a stream is gzip and no JSON: a filter on `data` drops it. A deployment that takes
 * it in (`TIDEWATCH_CLOUDWATCH_LOGS`) leaves this filter away, and the handler puts metrics aside.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
 */
const LOG_EVENTS = { filters: [{ pattern: JSON.stringify({ data: { type: ["log"] } }) }] };

/**
 * Lambda reads a handler's answer as a list of the records it failed on. Ours name none: they answer that all is done, or throw.
 * A batch is applied by series (score) or as objects (archive) and not record by record, so that a failure leaves no first
 * record that was not applied; what was written is skipped or replaced when the batch comes again, and halving finds a record
 * that is to blame. On all the same: an answer that is no such list then fails the batch, and is not taken for success.
 */
const ANSWERS_ARE_READ = ["ReportBatchItemFailures"];

export const EVENT_SOURCE_MAPPINGS = {
  score: {
    /** A full shard takes 1,000 records a second; measured: more spare few head writes, and a batch is what is repeated. */
    batchSize: 2500,
    /** A tenth of the invocations of polling each second, for results up to ten seconds later. Only a window longer than
     * the time between two events of a series (a minute, say) would spare table writes too. */
    maximumBatchingWindowInSeconds: 10,
    /** A series remembers the last sequence number per shard, so its shard's records must come in order. */
    parallelizationFactor: 1,
    /** A record that kills its sandbox is found by halving. One that the scorer can answer for is kept under failed/. */
    bisectBatchOnFunctionError: true,
    /** By age instead: an outage has a length, but nobody knows how many attempts fit into it. */
    maximumRetryAttempts: -1,
    /** An outage of a day costs no event; what is given up then stays on the stream for another day. */
    maximumRecordAgeInSeconds: 24 * HOUR_SECONDS,
    functionResponseTypes: ANSWERS_ARE_READ,
    /** What producers put before the consumer came to be is scored too, and a mapping made anew misses nothing. */
    startingPosition: "TRIM_HORIZON",
    filterCriteria: METRIC_EVENTS,
  },
  log: {
    /** Lines of some 300 bytes fill the 6 MB of an invocation at about 6,000. A session's lines come in bursts, so that more
     * spare few head writes, and a batch is what is repeated. */
    batchSize: 2500,
    /** As the scorer's. A verdict waits for the end of its session, minutes, unless a line decides it: ten seconds then. */
    maximumBatchingWindowInSeconds: 10,
    /** A session remembers the last sequence number per shard, and a shard's templates have one writer. */
    parallelizationFactor: 1,
    /** As the scorer's; a record of CloudWatch Logs is up to 1 MB of packed lines, so that one may well kill a sandbox. */
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: -1,
    /** As the scorer's: the archive has the lines in any case, and `redrive` puts back what is given up here. */
    maximumRecordAgeInSeconds: 24 * HOUR_SECONDS,
    functionResponseTypes: ANSWERS_ARE_READ,
    startingPosition: "TRIM_HORIZON",
    filterCriteria: LOG_EVENTS,
  },
  archive: {
    /** The most there is: the 6 MB of an invocation close a batch earlier. Fewer, larger objects cost and read less. */
    batchSize: 10_000,
    /** An object per shard and minute at most, 173,000 a month for four shards; what is invalid shows within a minute. */
    maximumBatchingWindowInSeconds: 60,
    /** One checkpoint per shard. */
    parallelizationFactor: 1,
    /** One record that kills the sandbox must not take 9,999 good ones with it. An outage halves batches too and leaves
     * objects that are small for as long as it lasts: the lesser evil. Names of objects do not depend on a batch's end. */
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: -1,
    /** Longer than the scorer: what the archive gives up, nobody has but the bucket, where Lambda leaves it. Should that
     * fail too, twelve hours are left for whoever gets the alarm. */
    maximumRecordAgeInSeconds: 36 * HOUR_SECONDS,
    functionResponseTypes: ANSWERS_ARE_READ,
    startingPosition: "TRIM_HORIZON",
    filterCriteria: { filters: [] as { pattern: string }[] },
  },
};
