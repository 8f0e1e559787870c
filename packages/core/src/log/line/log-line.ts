/** What the line of a log says besides its message. `fields` are what a structured line carries more. */
export type LogLine = {
  timestampMs?: number;
  /** In capitals, as the log spells it: INFO, WARN, W … */
  level?: string;
  /** The program, logger or container that wrote it. */
  source?: string;
  message: string;
  fields?: Record<string, string>;
};

/** Facts that a line leaves out: which year it is, and how many minutes its clock is ahead of UTC. */
export type LineClock = { nowMs: number; zoneMinutes: number };

/** Reads one line, or says that it is not of this format. */
export type LineFormat = { name: string; parse(line: string, clock: LineClock): LogLine | undefined };
