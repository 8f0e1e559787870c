import { compileSource } from "../../feature/match.ts";
import { type Plan, planOf } from "../../feature/plan.ts";
import type { LogEvent } from "../../ingest/event.ts";
import { definitionHash } from "../definition.ts";
import type { LogDetector } from "../detector.ts";
import { autoFormat, plainFormat } from "../line/detect.ts";
import type { LineFormat, LogLine } from "../line/log-line.ts";
import { patternFormat } from "../line/pattern.ts";
import { rateDetectorOf } from "../rates.ts";
import { findKeys } from "../session/keys.ts";

/** A log detector made ready for the hot path: everything that depends on the document alone, computed once. */
export type LogPlan = {
  detector: LogDetector;
  id: string;
  /** `definitionHash`. */
  definition: string;
  matches: (event: LogEvent) => boolean;
  /** The first line of an event, its header split off. Whose time and zone do not matter: the event has its time. */
  read: (event: LogEvent) => LogLine;
  /** The sessions that an event belongs to; `line` is what `read` made of it. */
  keysOf: (line: LogLine, event: LogEvent) => readonly string[];
  idleMs: number;
  /** As `idleMs` where no silence but the last one counts. */
  quietMs: number;
  maxLines: number;
  /** Of the counts per template; `undefined` when nobody wants them. */
  rates: Plan | undefined;
};

const plans = new WeakMap<LogDetector, LogPlan>();

/** The plan of a detector, kept as long as the document object is. */
export const logPlanOf = (detector: LogDetector): LogPlan => {
  const known = plans.get(detector);
  if (known) return known;
  const { id, match, session, rates } = detector;
  const plan: LogPlan = {
    detector,
    id,
    definition: definitionHash(detector),
    matches: compileSource(match),
    read: readerOf(detector.format),
    keysOf: keyFinderOf(session.key),
    idleMs: session.idleSeconds * 1000,
    quietMs: (session.quietSeconds ?? session.idleSeconds) * 1000,
    maxLines: session.maxLines,
    rates: rates && planOf(rateDetectorOf(detector)),
  };
  plans.set(detector, plan);
  return plan;
};

const FORMATS: Record<string, LineFormat> = { auto: autoFormat, plain: plainFormat };

const readerOf = (name: string): LogPlan["read"] => {
  const format = FORMATS[name] ?? patternFormat(name);
  return ({ message: text, timestamp }) => {
    const end = text.indexOf("\n");
    const first = end < 0 ? text : text.slice(0, end);
    return format.parse(first, { nowMs: timestamp, zoneMinutes: 0 }) ?? { message: first };
  };
};

const keyFinderOf = (source: LogDetector["session"]["key"]): LogPlan["keysOf"] => {
  if (!source) return (_, { session }) => (session === undefined ? NO_KEYS : [session]);
  const find = findKeys(source);
  return (line, { message }) => find(line, message);
};
const NO_KEYS: readonly string[] = [];
