import type { LineFormat, LogLine } from "./log-line.ts";
import { timestampAt } from "./timestamp.ts";

const LEVEL_WORD = [
  ...["TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "ERR", "SEVERE", "CRIT", "CRITICAL", "ALERT"],
  ...["FATAL", "EMERG", "EMERGENCY", "PANIC", "FINE", "FINER", "FINEST", "CONFIG"],
].join("|");
const BARE_LEVEL = new RegExp(`(${LEVEL_WORD}|[VDIWEF])(?=[\\s:|]|$)`, "y");
/** In small letters it is a level only if a colon or a bracket says so: a message may begin with "Error". */
const MARKED_LEVEL = new RegExp(`(${LEVEL_WORD})(?=:(?:\\s|$))`, "iy");
const LEVEL = new RegExp(`^(?:\\w+:)?(${LEVEL_WORD})$`, "i");
const NUMBER = /\d{1,10}(?=\s)/y;
/** Spring's and nginx's process number stands behind the level. */
const NUMBER_BEHIND = /\d{1,10}(?: (?=---)|#\d{1,10}:(?=\s))/y;
const SIGN = /(?:-{1,3}|[:|])(?=\s)/y;
const LOGGER_BEFORE_LEVEL = new RegExp(`([\\w.$/-]{1,200}) - (?=(?:${LEVEL_WORD})\\b)`, "y");
const LOGGER = /([A-Za-z_][\w.$/*@#-]{0,200}(?:\[[^\]]{0,100}\])?)( ?:| -| \|)\s+/y;
/** Names of classes and files have inner dots, slashes or humps; other words before a colon belong to the message. */
const CLASS_LIKE = /[.$/@]|[a-z][A-Z]/;
const MOST_BRACKETS = 200;

/**
 * A header of a time, and a level with what stands around it: threads in brackets, process numbers, dashes, a logger's
 * name. Fits log4j, logback, Spring, HDFS, Hadoop, Spark, ZooKeeper, Python's logging, logcat, Apache's and nginx's
 * error logs. A line with a time and no level keeps all the rest as its message.
 */
export const headerFormat: LineFormat = {
  name: "header",
  parse(line, clock) {
    const start = line.startsWith("[") ? 1 : 0;
    const time = timestampAt(line, start, clock);
    if (!time) return undefined;
    let at = time.end;
    if (start === 1) {
      if (line[at] !== "]") return undefined;
      at++;
    }
    if (at < line.length && !/[\s|:]/.test(line[at]!)) return undefined;
    return withLevel(line, blanks(line, at), time.timestampMs);
  },
};

/** Kubernetes' own components: `E0102 15:04:05.678901 123 file.go:12] message`. Source: klog's header format. */
const KLOG = /^([IWEF])(\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d{1,6})\s+(\d+) ([^\s\]:]+:\d+)\] /;
export const klogFormat: LineFormat = {
  name: "klog",
  parse(line, clock) {
    const found = KLOG.exec(line);
    if (!found) return undefined;
    const [header, level, month, day, time, pid, source] = found as unknown as [string, ...string[]];
    const timestampMs = timestampAt(`${month}-${day} ${time}`, 0, clock)?.timestampMs;
    if (timestampMs === undefined) return undefined;
    return { timestampMs, level: level!, source: source!, message: line.slice(header.length), fields: { pid: pid! } };
  },
};

const blanks = (line: string, at: number): number => {
  let end = at;
  while (line[end] === " " || line[end] === "\t") end++;
  return end;
};

const match = (form: RegExp, line: string, at: number): RegExpExecArray | null => {
  form.lastIndex = at;
  return form.exec(line);
};

const withLevel = (line: string, start: number, timestampMs: number): LogLine => {
  let at = start;
  let level: string | undefined;
  let source: string | undefined;
  let thread: string | undefined;
  let numbers = 0;
  for (;;) {
    const bare = level === undefined ? (match(BARE_LEVEL, line, at) ?? match(MARKED_LEVEL, line, at)) : null;
    const inBrackets = line[at] === "[" ? closing(line, at) : -1;
    const inside = inBrackets > 0 ? line.slice(at + 1, inBrackets) : "";
    if (bare) {
      level = bare[1]!;
      at += level.length;
    } else if (inBrackets > 0 && level === undefined && LEVEL.test(inside)) {
      level = LEVEL.exec(inside)![1]!;
      at = inBrackets + 1;
    } else if (inBrackets > 0 && thread === undefined) {
      thread = inside;
      at = inBrackets + 1;
    } else if (match(level === undefined ? NUMBER : NUMBER_BEHIND, line, at)) {
      numbers++;
      at = (level === undefined ? NUMBER : NUMBER_BEHIND).lastIndex;
    } else if (match(SIGN, line, at)) at = SIGN.lastIndex;
    else if (level === undefined && match(LOGGER_BEFORE_LEVEL, line, at)) {
      source = match(LOGGER_BEFORE_LEVEL, line, at)![1];
      at = LOGGER_BEFORE_LEVEL.lastIndex;
    } else break;
    at = blanks(line, at);
  }
  if (level === undefined) return { timestampMs, message: line.slice(start) };
  const logger = source === undefined ? match(LOGGER, line, at) : null;
  // logcat gives two numbers, one letter and a tag.
  if (logger && (CLASS_LIKE.test(logger[1]!) || (numbers === 2 && level.length === 1))) {
    source = logger[1];
    at = LOGGER.lastIndex;
  }
  return {
    timestampMs,
    level: level.toUpperCase(),
    ...(source !== undefined && { source }),
    message: line.slice(at),
    ...(thread !== undefined && { fields: { thread } }),
  };
};

/** Where the bracket that opens at `at` is closed, inner ones skipped; −1 if it is not, or far away. */
const closing = (line: string, at: number): number => {
  let depth = 0;
  for (let index = at; index < Math.min(line.length, at + MOST_BRACKETS); index++) {
    if (line[index] === "[") depth++;
    if (line[index] === "]" && --depth === 0) return index;
  }
  return -1;
};
