import type { LogModel } from "@tidewatch/core/log/model";
import { findKeys } from "@tidewatch/core/log/session/keys";
import { closeAll, openSessions, takeLine } from "@tidewatch/core/log/session/open-sessions";
import type { Session } from "@tidewatch/core/log/session/session";
import type { TemplateNames } from "@tidewatch/core/log/session/verdict";
import { findTemplate, templateFinder } from "@tidewatch/core/log/stage/finder";
import { mineLine, minerOf } from "@tidewatch/core/log/template/miner";
import { currentIds, type TemplateStore, templatesOf } from "@tidewatch/core/log/template/store";
import { type Template, templateId, templateText } from "@tidewatch/core/log/template/template";
import type { BadRow } from "../input/csv.ts";
import { type LogOptions, logEvents } from "./log-events.ts";
import { closeSessionFile, type SessionFile, sessionFile, storedSessions, writeSessions } from "./session-file.ts";

/** Gives lines their templates, and remembers them; `levels` are those that a template's lines had, by the id of then. */
export type SessionReader = {
  find: (message: string) => Template;
  store: TemplateStore;
  model: LogModel | undefined;
  levels: Map<string, string>;
  pattern: string;
};

/** @param model whose templates come first, if there is one: its ids are those that it judges by */
export const sessionReader = (pattern: string, model?: LogModel): SessionReader => {
  const rest = { model, levels: new Map(), pattern };
  if (model) {
    const finder = templateFinder(model, undefined);
    return { find: (message) => findTemplate(finder, message), store: finder.store, ...rest };
  }
  const miner = minerOf();
  return { find: (message) => mineLine(miner, message), store: miner.store, ...rest };
};

/** Sessions in memory at a time, about 2 KB each. */
const MAX_IN_MEMORY = 8000;

/** What a log file has: all of its sessions, as often as they are asked for, until `close` forgets them. */
export type ReadSessions = { isEmpty: boolean; all: () => Iterable<Session>; close: () => void };

/**
 * All sessions of a log file: a key is one session, however long it is silent. Up to 8,000 come in the order of their first
 * lines; of more, the least recent ones go to a temporary file, so that memory does not grow with them, and come in any.
 */
export const readSessions = async (
  { find, levels, pattern }: SessionReader,
  options: LogOptions,
  onBad: (bad: BadRow) => void,
  say: (text: string) => void,
): Promise<ReadSessions> => {
  const keysOf = findKeys({ pattern });
  const sessions = openSessions({ idleMs: Number.POSITIVE_INFINITY, maxLines: Number.POSITIVE_INFINITY });
  const places = new Map<string, number>();
  let file: SessionFile | undefined;
  let events = 0;
  for await (const { record, ids } of logEvents(options, onBad, say)) {
    const id = templateId(find(record.message));
    if (record.level !== undefined) levels.set(id, record.level);
    // The ids of a CSV file's rows can be any text.
    const line = options.column === undefined ? ids[0]! : String(++events);
    const at = { shardId: options.input, sequenceNumber: line, arrivalMs: 0, part: 0, digest: 0 };
    const keys = keysOf(record, record.text);
    if (!file) for (const key of keys) if (!places.has(key)) places.set(key, places.size);
    takeLine(sessions, keys, { templateId: id, timestampMs: record.timestampMs ?? 0, at });
    if (sessions.open.size <= MAX_IN_MEMORY) continue;
    file ??= sessionFile();
    places.clear();
    writeSessions(file, oldest(sessions.open, MAX_IN_MEMORY / 2));
  }
  const kept = closeAll(sessions).map(({ session }) => session);
  if (file) return onDisk(file, kept);
  kept.sort((a, b) => a.firstMs - b.firstMs || places.get(a.key)! - places.get(b.key)!);
  return { isEmpty: kept.length === 0, all: () => kept, close: () => undefined };
};

const onDisk = (file: SessionFile, rest: readonly Session[]): ReadSessions => {
  writeSessions(file, rest);
  return { isEmpty: false, all: () => storedSessions(file), close: () => closeSessionFile(file) };
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

/** What the templates are called once all is read. */
export const namesOf = ({ store, model }: SessionReader): TemplateNames => {
  const own = currentIds(store);
  const texts = new Map<string, string>();
  for (const known of model ? [model.templates, store] : [store]) {
    for (const template of templatesOf(known)) texts.set(templateId(template), templateText(template));
  }
  return { currentId: (id) => own(model?.currentId(id) ?? id), textOf: (id) => texts.get(id) ?? id };
};
