import { findKeys } from "@tidewatch/core/log/session/keys";
import { closeAll, openSessions, takeLine } from "@tidewatch/core/log/session/open-sessions";
import type { Session } from "@tidewatch/core/log/session/session";
import { isSevere } from "@tidewatch/core/log/session/severity";
import type { TemplateNames } from "@tidewatch/core/log/session/verdict";
import { type Miner, mineLine } from "@tidewatch/core/log/template/miner";
import { currentIds, templatesOf } from "@tidewatch/core/log/template/store";
import { templateId, templateText } from "@tidewatch/core/log/template/template";
import type { BadRow } from "../input/csv.ts";
import { type LogOptions, logEvents } from "./log-events.ts";
import { closeSessionFile, type SessionFile, sessionFile, storedSessions, writeSessions } from "./session-file.ts";

/** Levels that the lines of a template had, by the id that it had then. */
type Levels = Map<string, string>;

export type SessionReader = { miner: Miner; levels: Levels; pattern: string };

/** Sessions in memory at a time, about 2 KB each. */
const MAX_IN_MEMORY = 8000;

/** What a log file has: all of its sessions, as often as they are asked for. `close` forgets them. */
export type ReadSessions = { isEmpty: boolean; all: () => Iterable<Session>; close: () => void };

/**
 * All sessions of a log file: a key is one session, however long it is silent. Beyond 8,000 the least recent ones go to
 * a temporary file, so that memory does not grow with them.
 */
export const readSessions = async (
  { miner, levels, pattern }: SessionReader,
  options: LogOptions,
  onBad: (bad: BadRow) => void,
  say: (text: string) => void,
): Promise<ReadSessions> => {
  const keysOf = findKeys({ pattern });
  const sessions = openSessions({ idleMs: Number.POSITIVE_INFINITY, maxLines: Number.POSITIVE_INFINITY });
  let file: SessionFile | undefined;
  let events = 0;
  for await (const { record, ids } of logEvents(options, onBad, say)) {
    const id = templateId(mineLine(miner, record.message));
    if (record.level !== undefined) levels.set(id, record.level);
    // The ids of a CSV file's rows can be any text.
    const line = options.column === undefined ? ids[0]! : String(++events);
    const at = { shardId: options.input, sequenceNumber: line, arrivalMs: 0, part: 0, digest: 0 };
    takeLine(sessions, keysOf(record, record.text), { templateId: id, timestampMs: record.timestampMs ?? 0, at });
    if (sessions.open.size <= MAX_IN_MEMORY) continue;
    file ??= sessionFile();
    writeSessions(file, oldest(sessions.open, MAX_IN_MEMORY / 2));
  }
  const kept = closeAll(sessions).map(({ session }) => session);
  if (!file) return { isEmpty: kept.length === 0, all: () => kept, close: () => undefined };
  writeSessions(file, kept);
  const written = file;
  return { isEmpty: false, all: () => storedSessions(written), close: () => closeSessionFile(written) };
};

/** Takes the least recently touched ones out. */
function* oldest(open: Map<string, Session>, count: number): Generator<Session> {
  let left = count;
  for (const [key, session] of open) {
    if (left-- === 0) return;
    open.delete(key);
    yield session;
  }
}

/** What the templates are called once all is read, and which of them tell of trouble. */
export const namesOf = ({ miner, levels }: SessionReader): TemplateNames & { severe: Set<string> } => {
  const currentId = currentIds(miner.store);
  const texts = new Map(
    Array.from(templatesOf(miner.store), (template): [string, string] => [
      templateId(template),
      templateText(template),
    ]),
  );
  const severe = [...texts].filter(([, text]) => isSevere(text)).map(([id]) => id);
  const byLevel = [...levels].filter(([, level]) => isSevere("", level)).map(([id]) => currentId(id));
  return { currentId, textOf: (id) => texts.get(id) ?? id, severe: new Set([...severe, ...byLevel]) };
};
