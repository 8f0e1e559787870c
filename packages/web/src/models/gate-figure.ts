import type { GateRule } from "../api/shapes.ts";
import { bytes, count, NO_VALUE, percent, short } from "../format/number.ts";

type Rule = GateRule["rule"];

const NAMES: Record<Rule, string> = {
  rows: "Rows compared",
  "false-alarms": "Incidents nobody called right",
  "alert-volume": "Rows alerted on",
  "vanished-incidents": "Incidents it misses",
  precision: "Labelled incidents that are right",
  recall: "Labelled anomalies found",
  detection: "Moved values found",
  "score-distribution": "Distance from calibration",
  latency: "CPU time per row",
  size: "Size",
};
export const ruleName = (rule: Rule): string => NAMES[rule];

const micros = (ms: number): string => (ms < 1 ? `${short(Number((1000 * ms).toPrecision(2)))} µs` : `${short(ms)} ms`);

const WRITERS: Record<Rule, (value: number) => string> = {
  rows: count,
  "false-alarms": count,
  "alert-volume": percent,
  "vanished-incidents": count,
  precision: percent,
  recall: percent,
  detection: percent,
  "score-distribution": (value) => value.toFixed(2),
  latency: micros,
  size: bytes,
};

/** A figure of a rule in the rule's own unit. */
export const gateFigure = (rule: Rule, value: number | null): string =>
  value === null ? NO_VALUE : WRITERS[rule](value);
