import type { LineClock } from "./log-line.ts";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAY_MS = 86_400_000;
const CLOCK = "(?<hour>\\d{1,2}):(?<minute>\\d\\d)(?::(?<second>\\d\\d)(?:[.,](?<fraction>\\d{1,9}))?)?";
const ZONE = "(?: ?(?<zone>Z|UTC|GMT|[+-]\\d\\d:?\\d\\d)(?![A-Za-z0-9]))?";
const WEEKDAY = "(?:[A-Z][a-z]{2},? )?";
const NAME = "(?<name>[A-Z][a-z]{2})";

/** Sticky, the more specific before the less. Sources: RFC 3339, RFC 3164, Apache's %t and ErrorLog, log4j, logcat. */
const FORMS = [
  `(?<year>\\d{4})[-/.](?<month>\\d\\d)[-/.](?<day>\\d\\d)[T _-]${CLOCK}${ZONE}`,
  `${WEEKDAY}(?<day>\\d{1,2})[/ -]${NAME}[/ -](?<year>\\d{4})[: ]${CLOCK}${ZONE}`,
  `${WEEKDAY}${NAME} {1,2}(?<day>\\d{1,2})(?:,? (?<year>\\d{4}))? ${CLOCK}${ZONE}(?: (?<year2>\\d{4})(?!\\d))?`,
  `(?<year>\\d\\d)/(?<month>\\d\\d)/(?<day>\\d\\d) ${CLOCK}${ZONE}`,
  `(?<month>\\d\\d)-(?<day>\\d\\d) ${CLOCK}`,
  "(?<year>\\d\\d)(?<month>\\d\\d)(?<day>\\d\\d) (?<hour>\\d\\d)(?<minute>\\d\\d)(?<second>\\d\\d)(?!\\d)",
  "(?<seconds>1\\d{9})(?:\\.(?<fraction>\\d{1,9})|(?<millis>\\d{3}))?(?![\\w.])",
].map((form) => new RegExp(form, "y"));

/** A time that begins at a place of the text, and where it ends. */
export type FoundTime = { timestampMs: number; end: number };

/**
 * The time stamp at `at`, or undefined. A year it leaves out is the one that makes it the latest not after tomorrow.
 */
export const timestampAt = (text: string, at: number, clock: LineClock): FoundTime | undefined => {
  for (const form of FORMS) {
    form.lastIndex = at;
    const groups = form.exec(text)?.groups;
    if (!groups) continue;
    const timestampMs = timeOf(groups, clock);
    if (timestampMs !== undefined) return { timestampMs, end: form.lastIndex };
  }
  return undefined;
};

/** A whole text as a time: a form of `timestampAt`, or an epoch in seconds, milli-, micro- or nanoseconds. */
export const timestampOf = (text: string, clock: LineClock): number | undefined => {
  if (/^\d{16}(?:\d{3})?$/.test(text)) return Number(text.slice(0, 13));
  const found = timestampAt(text, 0, clock);
  return found?.end === text.length ? found.timestampMs : undefined;
};

type Groups = Record<string, string | undefined>;

const timeOf = (groups: Groups, clock: LineClock): number | undefined => {
  const milliseconds = Number((groups.fraction ?? "0").padEnd(3, "0").slice(0, 3));
  if (groups.seconds) return Number(groups.seconds) * 1000 + Number(groups.millis ?? milliseconds);
  const month = groups.name ? MONTHS.indexOf(groups.name.toLowerCase()) : Number(groups.month) - 1;
  const [day, hour, minute, second] = [groups.day, groups.hour, groups.minute, groups.second ?? "0"].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  // A leap second counts as the second before.
  if (month < 0 || month > 11 || hour > 23 || minute > 59 || second > 60) return undefined;
  const at = (year: number): number | undefined => {
    const ms = Date.UTC(year, month, day, hour, minute, Math.min(second, 59), milliseconds);
    return new Date(ms).getUTCDate() === day && day > 0 ? ms - zoneMs(groups.zone, clock) : undefined;
  };
  const written = groups.year ?? groups.year2;
  if (written) return at(written.length === 2 ? 2000 + Number(written) : Number(written));
  const thisYear = new Date(clock.nowMs).getUTCFullYear() + 1;
  // 29 February comes every eighth year at worst.
  for (let year = thisYear; year > thisYear - 10; year--) {
    const ms = at(year);
    if (ms !== undefined && ms <= clock.nowMs + DAY_MS) return ms;
  }
  return undefined;
};

const zoneMs = (zone: string | undefined, clock: LineClock): number => {
  if (zone === undefined) return clock.zoneMinutes * 60_000;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? ["", "+", "0", "0"];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
};
