/**
 * Events that are put on the stream at once, by producers and by the API: what one call of Kinesis takes. A call is refused
 * in part when its shards are throttled; the smaller the put, the less there is to tell apart and to send again.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export const EVENTS_PER_PUT = 500;
