import { EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS, MAX_MESSAGE_BYTES } from "../../ingest/event.ts";
import { detectFormat } from "./detect.ts";
import type { LineClock } from "./log-line.ts";
import { joinLine, lineJoiner, looksContinued } from "./multi-line.ts";

/** First lines that decide which format a log has. */
export const SAMPLE_LINES = 500;

/** Whether a line begins an event of the log, and then the time that its header tells. */
export type GroupedLine = { begins: boolean; timestampMs?: number | undefined };

export type LineGrouper = {
  /** Name of the format that was found. */
  format: string;
  /**
   * Takes the next line that is not blank. `bytes` is the size that the event at hand would have with it: where that is
   * more than a message may have, the rest of the event (of a long stack trace, say) becomes another one of the same
   * time.
   */
  take(line: string, bytes: number): GroupedLine;
};

/** Tells which lines of a log belong together. It remembers the last one: each log needs its own. */
export const lineGrouper = (sample: readonly string[], clock: LineClock): LineGrouper => {
  // A short sample may be one line and its long stack trace.
  const telling = sample.filter((line) => !looksContinued(line));
  const joiner = lineJoiner(detectFormat(telling.length > 0 ? telling : sample, clock), clock);
  return {
    format: joiner.format.name,
    take(line, bytes) {
      const before = joiner.open;
      joinLine(joiner, line);
      const isNew = joiner.open !== before;
      return isNew || bytes > MAX_MESSAGE_BYTES
        ? { begins: true, timestampMs: joiner.open?.timestampMs }
        : { begins: false };
    },
  };
};

export type LogOrigin = { entity: string; session?: string | undefined };

/** Lines as a log event, to be checked like others. A time that no event may have is a clock's mistake: it came now. */
export const logEventOf = (
  { entity, session }: LogOrigin,
  lines: string,
  timestampMs: number | undefined,
  nowMs: number,
) => {
  const isSane = timestampMs !== undefined && timestampMs >= EARLIEST_TIMESTAMP_MS && timestampMs < LATEST_TIMESTAMP_MS;
  const message = lines.replaceAll("\r\n", "\n").replace(/\r$/, "");
  const event = { type: "log" as const, entity, timestamp: isSane ? timestampMs : nowMs, message };
  return session === undefined ? event : { ...event, session };
};

/** Minutes that a zone's clock is ahead of UTC, of `Z` or `+02:00`; `undefined` for other text. */
export const zoneMinutesOf = (zone: string): number | undefined => {
  if (zone === "Z" || zone === "UTC") return 0;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const ahead = Number(hours) * 60 + Number(minutes);
  return ahead <= MAX_ZONE_MINUTES && Number(minutes) < 60 ? (sign === "-" ? -ahead : ahead) : undefined;
};
/** Kiribati's, the farthest from Greenwich. */
const MAX_ZONE_MINUTES = 14 * 60;
