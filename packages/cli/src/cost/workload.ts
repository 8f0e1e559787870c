import type { MeasuredFamily } from "./measured-detectors.ts";

/** What is asked for. Rates are means: a stream that rests at night has the same cost as one that does not. */
export type Workload = {
  eventsPerSecond: number;
  entities: number;
  /** Detectors that every event belongs to. */
  detectors: number;
  /** Family of the detectors' models, and how many metrics each of them and each event has. */
  family: MeasuredFamily;
  metrics: number;
  /** `intervalSeconds` of the detectors, 0 when every event is a row of its own. */
  intervalSeconds: number;
  /** `maximumBatchingWindowInSeconds` of the scorer. */
  windowSeconds: number;
  /**
   * `even`: every entity sends once per period, so that two events of one entity are never close together. `random`: an
   * event is of any entity. Even is the usual case of metrics and the dearer one.
   */
  arrivals: "even" | "random";
  /** Events of a request to the HTTP API; 0 when producers put them onto the stream themselves. */
  eventsPerRequest: number;
  /** Hours a month that the page is open. */
  pageHours: number;
  /** Months of results and archive that are stored. */
  months: number;
  /** Absent without log lines. */
  logs?: LogWorkload;
};

export type LogWorkload = {
  linesPerSecond: number;
  /** Mean length of a line. */
  lineBytes: number;
  /** Mean of a session's lines, 0 when lines belong to none, and the time from its first to its last line. */
  linesPerSession: number;
  sessionSeconds: number;
  templates: number;
  /** Whether the detector has `rates`: a series per template. */
  hasRates: boolean;
};

/** AWS's month: 730 hours. */
export const HOURS_PER_MONTH = 730;
export const SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600;
