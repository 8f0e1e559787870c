import { headerFormat, klogFormat } from "./header.ts";
import type { LineClock, LineFormat, LogLine } from "./log-line.ts";
import { jsonFormat, logfmtFormat } from "./structured.ts";
import { syslog3164Format, syslog5424Format } from "./syslog.ts";
import { accessFormat, criFormat } from "./web.ts";

/** The more specific before the less: of two that read as many lines, the first is taken. */
const FORMATS = [
  criFormat,
  syslog5424Format,
  jsonFormat,
  accessFormat,
  klogFormat,
  syslog3164Format,
  headerFormat,
  logfmtFormat,
];
/** Formats whose messages may have a header of their own. */
const WRAPPERS = new Set([criFormat, syslog5424Format, syslog3164Format]);
const INNER_FORMATS = FORMATS.filter((format) => !WRAPPERS.has(format));
/** Share of the sample that a format must read: stack traces may be most of a log's lines. */
const MIN_SHARE = 0.3;

/** Every line is a message. */
export const plainFormat: LineFormat = { name: "plain", parse: (message) => ({ message }) };

/** The format that reads most lines of a sample (some hundred lines are enough), with what it wraps: "cri+json". */
export const detectFormat = (sample: readonly string[], clock: LineClock): LineFormat => {
  const outer = best(sample, clock, FORMATS);
  if (!outer || !WRAPPERS.has(outer)) return outer ?? plainFormat;
  const messages = sample.flatMap((line) => outer.parse(line, clock)?.message ?? []);
  const inner = best(messages, clock, INNER_FORMATS);
  return inner ? nested(outer, inner) : outer;
};

/** For lines of unknown writers: the first format that reads a line is that line's, whatever its neighbours are. */
export const autoFormat: LineFormat = {
  name: "auto",
  parse(line, clock) {
    for (const format of FORMATS) {
      const around = format.parse(line, clock);
      if (!around) continue;
      const within = WRAPPERS.has(format) ? innerOf(around, clock) : undefined;
      return within ? merged(around, within) : around;
    }
    return undefined;
  },
};

const innerOf = ({ message }: LogLine, clock: LineClock): LogLine | undefined => {
  for (const format of INNER_FORMATS) {
    const read = format.parse(message, clock);
    if (read) return read;
  }
  return undefined;
};

const best = (sample: readonly string[], clock: LineClock, formats: readonly LineFormat[]) => {
  const lines = sample.filter((line) => line.trim() !== "");
  let found: LineFormat | undefined;
  let most = Math.max(1, MIN_SHARE * lines.length) - 1e-9;
  for (const format of formats) {
    const read = lines.filter((line) => format.parse(line, clock) !== undefined).length;
    if (read <= most) continue;
    most = read;
    found = format;
  }
  return found;
};

const nested = (outer: LineFormat, inner: LineFormat): LineFormat => ({
  name: `${outer.name}+${inner.name}`,
  parse(line, clock) {
    const around = outer.parse(line, clock);
    const within = around && inner.parse(around.message, clock);
    return within ? merged(around, within) : around;
  },
});

const merged = (around: LogLine, within: LogLine): LogLine => ({
  ...around,
  ...within,
  fields: { ...around.fields, ...within.fields },
});
