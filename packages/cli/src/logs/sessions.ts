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

/** Levels that the lines of a template had, by the id that it had then. */
type Levels = Map<string, string>;

export type SessionReader = { miner: Miner; levels: Levels; pattern: string };

/** All sessions of a log file: a key is one session, however long it is silent. */
export const readSessions = async (
  { miner, levels, pattern }: SessionReader,
  options: LogOptions,
  onBad: (bad: BadRow) => void,
  say: (text: string) => void,
): Promise<Session[]> => {
  const keysOf = findKeys({ pattern });
  const sessions = openSessions({ idleMs: Number.POSITIVE_INFINITY, maxLines: Number.POSITIVE_INFINITY });
  for await (const { record, ids } of logEvents(options, onBad, say)) {
    const id = templateId(mineLine(miner, record.message));
    if (record.level !== undefined) levels.set(id, record.level);
    const at = { shardId: options.input, sequenceNumber: ids[0]!, arrivalMs: 0, part: 0, digest: 0 };
    takeLine(sessions, keysOf(record, record.text), { templateId: id, timestampMs: record.timestampMs ?? 0, at });
  }
  return closeAll(sessions).map(({ session }) => session);
};

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
