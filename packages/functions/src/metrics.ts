/**
 * Where the metrics of the functions stand in CloudWatch; their one dimension is `service`, the name of the function. A
 * deployment appends its stage (the variable `METRIC_NAMESPACE`), so that the stages of an account count for themselves.
 */
export const METRIC_NAMESPACE = "Tidewatch";

/**
 * What each service counts, for alarms and the dashboard. CloudWatch takes 0.30 $ a month for each name, so that what
 * only explains (rows, conflicts, ages) is a property of the same line: searchable, without a price.
 */
export const METRICS = {
  /** Per delivery (see `tally`): Received = Scored + Unmatched + Late + Quarantined + Skipped. Failed are of the Skipped. */
  score: {
    Received: "Count",
    Scored: "Count",
    Unmatched: "Count",
    Late: "Count",
    Quarantined: "Count",
    Skipped: "Count",
    Failed: "Count",
    Anomalies: "Count",
    UnusableModels: "Count",
  },
  /** Per line and detector (see `logMetrics`): Received = Delivered + Unmatched + Quarantined. Failed are of the Delivered. */
  log: {
    Received: "Count",
    Delivered: "Count",
    Unmatched: "Count",
    Quarantined: "Count",
    Failed: "Count",
    NewTemplates: "Count",
    SessionsEnded: "Count",
    AnomalousSessions: "Count",
    UnusableModels: "Count",
  },
  /** Sessions that no line ended, but the clock. */
  "log-sweep": { SessionsEnded: "Count" },
  /** Per record: Received = Archived + Quarantined + Repeated. */
  archive: { Received: "Count", Archived: "Count", Quarantined: "Count", Repeated: "Count" },
  /** Per detector: Due = Trained + Failed. */
  train: { Due: "Count", Trained: "Count", Failed: "Count", TrainingTime: "Milliseconds" },
  /** Per detector that is checked each hour; those that have nothing to be compared with yet are neither. */
  drift: { Checked: "Count", Drifted: "Count", Failed: "Count" },
  /** Rows that challengers scored beside the champions, and detectors whose challenger could not. */
  shadow: { Rows: "Count", Failed: "Count" },
  /** Retrainings that began, and detectors of which could not be seen whether one is due. */
  "retrain-start": { Started: "Count", Failed: "Count" },
  /** Retrainings that ended, by what came of them; those that were cancelled, or go on in shadow, are none of these. */
  retrain: { Promoted: "Count", Rejected: "Count", RolledBack: "Count", Failed: "Count" },
  /** Trees of large forests. */
  trees: { Grown: "Count" },
  /** Events that became Parquet. */
  compact: { Compacted: "Count" },
  /** Messages that were sent, and reports that could not be made or sent. */
  report: { Sent: "Count", Failed: "Count" },
  job: { Done: "Count", Failed: "Count" },
  /** Per request, by the class of its status: Requests = Succeeded + ClientErrors + ServerErrors; then its events. */
  api: {
    Requests: "Count",
    Succeeded: "Count",
    ClientErrors: "Count",
    ServerErrors: "Count",
    EventsAccepted: "Count",
    EventsRejected: "Count",
  },
} as const satisfies Record<string, Record<string, "Count" | "Milliseconds">>;

export type Service = keyof typeof METRICS;
export type MetricValues<S extends Service> = Record<keyof (typeof METRICS)[S], number>;
