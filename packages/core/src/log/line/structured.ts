import type { LineClock, LineFormat, LogLine } from "./log-line.ts";
import { timestampOf } from "./timestamp.ts";

/** Names that loggers give to the parts of a line, most usual first. */
const MESSAGE = ["message", "msg", "log", "event", "body", "text"];
const TIME = ["timestamp", "@timestamp", "time", "ts", "date", "datetime", "eventTime"];
const LEVEL = ["level", "severity", "lvl", "levelname", "log.level"];
const SOURCE = ["logger", "logger_name", "name", "component", "service", "app", "caller"];
/** Fields kept of one line, and of nested objects (as a.b). */
const MAX_FIELDS = 64;
const MAX_DEPTH = 3;
const LINE_END = /\r?\n/;
/** Levels of bunyan and pino: 10 is trace, 60 is fatal. */
const NUMBERED = ["", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

const take = (fields: Map<string, string>, names: readonly string[]): string | undefined => {
  const name = names.find((candidate) => fields.has(candidate));
  if (name === undefined) return undefined;
  const value = fields.get(name)!;
  fields.delete(name);
  return value;
};

const lineOf = (fields: Map<string, string>, fallback: string, clock: LineClock): LogLine => {
  const time = take(fields, TIME);
  const level = take(fields, LEVEL);
  // What follows the first line of a message is a stack trace, as deep as it happens to be.
  const [message = ""] = (take(fields, MESSAGE) ?? fallback).split(LINE_END, 1);
  const source = take(fields, SOURCE);
  const timestampMs = time === undefined ? undefined : timestampOf(time, clock);
  return {
    ...(timestampMs !== undefined && { timestampMs }),
    ...(level !== undefined && { level: NUMBERED[Number(level) / 10] ?? level.toUpperCase() }),
    ...(source !== undefined && { source }),
    message,
    fields: Object.fromEntries(fields),
  };
};

/** One JSON object a line; nested objects become fields such as `http.status`. */
export const jsonFormat: LineFormat = {
  name: "json",
  parse(line, clock) {
    if (!/^\s*\{/.test(line)) return undefined;
    const fields = new Map<string, string>();
    try {
      flatten(JSON.parse(line), "", 0, fields);
    } catch {
      return undefined;
    }
    return lineOf(fields, line, clock);
  },
};

const flatten = (value: object, prefix: string, depth: number, into: Map<string, string>): void => {
  for (const [name, item] of Object.entries(value)) {
    if (into.size >= MAX_FIELDS || item === null) continue;
    const isObject = typeof item === "object" && !Array.isArray(item);
    if (isObject && depth < MAX_DEPTH) flatten(item, `${prefix}${name}.`, depth + 1, into);
    else into.set(prefix + name, typeof item === "string" ? item : JSON.stringify(item));
  }
};

const PAIR = /\s*([A-Za-z_@][\w.@/-]{0,100})=("(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)/y;

/** `time=… level=info msg="…" key=value`: nothing but pairs, with a message or a level among them. */
export const logfmtFormat: LineFormat = {
  name: "logfmt",
  parse(line, clock) {
    const fields = new Map<string, string>();
    let at = 0;
    for (; fields.size < MAX_FIELDS; at = PAIR.lastIndex) {
      PAIR.lastIndex = at;
      const [, name, value] = PAIR.exec(line) ?? [];
      if (name === undefined) break;
      fields.set(name, value!.startsWith('"') ? value!.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value!);
    }
    const isWhole = line.slice(at).trim() === "" || fields.size === MAX_FIELDS;
    if (!isWhole || fields.size < 2) return undefined;
    if (![...MESSAGE, ...LEVEL].some((name) => fields.has(name))) return undefined;
    return lineOf(fields, line.trim(), clock);
  },
};
