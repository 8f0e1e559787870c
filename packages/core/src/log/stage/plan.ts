import { compileSource } from "../../feature/match.ts";
import { type Plan, planOf } from "../../feature/plan.ts";
import type { LogEvent } from "../../ingest/event.ts";
import type { LogDetector } from "../detector.ts";
import { autoFormat, plainFormat } from "../line/detect.ts";
import type { LineFormat, LogLine } from "../line/log-line.ts";
import { patternFormat } from "../line/pattern.ts";
import { rateDetectorOf } from "../rates.ts";
import { type FindKeys, findKeys } from "../session/keys.ts";

/** A line, its header split off, and the sessions that it belongs to. */
export type ReadLine = { message: string; level: string | undefined; keys: readonly string[] };

/** A log detector made ready for the hot path: everything that depends on the document alone, computed once. */
export type LogPlan = {
  detector: LogDetector;
  id: string;
  matches: (event: LogEvent) => boolean;
  read: (event: LogEvent) => ReadLine;
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
    matches: compileSource(match),
    read: readerOf(detector),
    idleMs: session.idleSeconds * 1000,
    quietMs: (session.quietSeconds ?? session.idleSeconds) * 1000,
    maxLines: session.maxLines,
    rates: rates && planOf(rateDetectorOf(detector)),
  };
  plans.set(detector, plan);
  return plan;
};

const FORMATS: Record<string, LineFormat> = { auto: autoFormat, plain: plainFormat };

/** Header and keys of an event; a header's own time and zone do not matter: the event has its time. */
const readerOf = ({ format: name, session }: LogDetector): LogPlan["read"] => {
  const format = FORMATS[name] ?? patternFormat(name);
  const keysOf: FindKeys | undefined = session.key && findKeys(session.key);
  return ({ message: text, timestamp, session: own }) => {
    const end = text.indexOf("\n");
    const first = end < 0 ? text : text.slice(0, end);
    const line: LogLine = format.parse(first, { nowMs: timestamp, zoneMinutes: 0 }) ?? { message: first };
    const keys = keysOf ? keysOf(line, text) : own === undefined ? NO_KEYS : [own];
    return { message: line.message, level: line.level, keys };
  };
};
const NO_KEYS: readonly string[] = [];
