/** Memory of the Lambda functions in MB, which also decides their share of a CPU: one whole one at 1,769 MB. */
export const MEMORY_MEGABYTES = {
  /** One whole CPU. Scoring is one thread: more would idle. */
  score: 1769,
  /** One whole CPU, as the scorer: one thread, no ONNX Runtime. */
  log: 1769,
  /** Reads what is due and writes heads; its time is the table's. */
  "log-sweep": 512,
  /** A batch is at most 6 MB, held some four times over: as base64, as bytes, as lines, as gzip. */
  archive: 512,
  /** The most that a new account's quota allows: the rows of the largest detector are all in memory. */
  train: 3008,
  /** One whole CPU: it reads the rows of an hour, a series after the other. */
  drift: 1769,
  /** As the scorer. */
  shadow: 1769,
  /** Reads what is due and begins it. */
  "retrain-start": 512,
  /** As training, which most of its steps are. */
  retrain: 3008,
  /** One whole CPU: growing is one thread. The rows are a byte a value. */
  trees: 1769,
  /** One whole CPU; DuckDB takes 512 MB of it, the file of a day in hand another part. */
  compact: 1769,
  /** Draws small charts of a week. */
  report: 1024,
  /** As the scorer. */
  job: 1769,
  /** One whole CPU: a detector's training on request has to end within the time-out. */
  api: 1769,
} as const;
