/** What the HTTP API answers, as far as the page reads it. Times are epoch milliseconds. */

export type WarmUp = { cause: string; rowsNeeded: number };
export type RowCounts = { scored: number; warmingUp: number; skipped: number; imputed: number };

export type DetectorStatus = {
  id: string;
  description: string;
  enabled: boolean;
  series: number;
  events: number;
  late: number;
  rows: RowCounts;
  anomalies: number;
  suppressed: number;
  model: { version: number | string; trainedAtMs: number; trainingRows: number } | null;
  warmUp: WarmUp | null;
};

export type Status = {
  version: string;
  nowMs: number;
  archive: { received: number; archived: number; quarantined: number };
  score: { received: number; invalid: number; unmatched: number; deliveries: number };
  detectors: DetectorStatus[];
  consumers?: { name: string; shardId: string; lag: number }[];
};

export type Series = { detector: string; entity: string; lastTimestamp: number; warmUp: WarmUp | null };

/** Arrays are in the order of the answer's `features`. */
export type Point = {
  timestamp: number;
  values: (number | null)[];
  score: number | null;
  threshold: number | null;
  grade: number;
  expected: (number | null)[];
  lower: (number | null)[];
  upper: (number | null)[];
  state: "scored" | "warming-up" | "skipped" | "imputed";
};
export type Points = { detector: string; entity: string; features: string[]; points: Point[] };

export type PerFeature = Record<string, number | null>;
export type Anomaly = {
  detector: string;
  entity: string;
  timestamp: number;
  score: number;
  threshold: number;
  grade: number;
  values: PerFeature;
  expected: PerFeature;
  lower: PerFeature;
  upper: PerFeature;
  attribution: Record<string, number>;
  modelVersion: number | string;
  configHash: string;
  incidentId: string | null;
  suppressedBy: string | null;
};

export type Page<T> = { items: T[]; cursor: string | null };

export type Episode = { kind: string; startMs: number; endMs: number };
export type Recording = {
  labels: { faults: Episode[]; busy: Episode[] };
  summary: {
    precision: number;
    recall: number;
    episodes: number;
    detected: number;
    incidents: number;
    falseAlarmsPerHour: number;
  } | null;
};
