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
