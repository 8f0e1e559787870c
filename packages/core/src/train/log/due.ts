import { AppError } from "../../errors.ts";
import { definitionHash } from "../../log/definition.ts";
import type { LogDetector } from "../../log/detector.ts";
import type { LogModel } from "../../log/model.ts";
import type { Session } from "../../log/session/session.ts";
import { templatesOf } from "../../log/template/store.ts";
import { templateId } from "../../log/template/template.ts";
import { aliasOf } from "../../register/aliases.ts";
import type { LogManifest } from "../../register/log-manifest.ts";
import { isLogManifest, loadAnyManifest, loadLogModel } from "../../register/log-models.ts";
import type { RegistryPorts } from "../../register/models.ts";
import { logDetectorLister } from "../../store/detectors.ts";
import { trainingLookKey } from "../../store/keys.ts";
import { listLabels } from "../../store/labels.ts";
import type { Clock } from "../../store/ports.ts";
import { newestVersion } from "./newest.ts";
import { endedSessions } from "./read.ts";
import { readable } from "./readable.ts";
import { labelsHash, sessionLabels } from "./session-labels.ts";

type DuePorts = RegistryPorts & { clock: Clock };
/** `rows` are the sessions that it would train on. */
export type DueLogDetector = { detector: LogDetector; rows: number };

/** A model is looked at again after this time, and so it is replaced once an hour at most. */
const LOOK_EVERY_MS = 3_600_000;
/** New templates are a reason to train anew when so large a share of the sessions has one, and so many have. */
const NEWS_SHARE = 0.05;
const NEWS_SESSIONS = 20;

/**
 * Enabled log detectors to be trained: those that have no model and sessions enough; and, at most once an hour, those
 * whose labels changed, that saw as many sessions again as their newest model learnt from, or new templates in a share
 * of the sessions since. A model that was made from a file and put into use stays until somebody trains. One that was
 * made for what the detector was before (another key, say) counts as none.
 */
export const dueLogDetectors = async (ports: DuePorts): Promise<DueLogDetector[]> => {
  const due: DueLogDetector[] = [];
  for (const detector of await logDetectorLister(ports.table, () => 0, 0)()) {
    const rows = await sessionsWhenDue(ports, detector).catch(whyNot);
    if (rows !== undefined) due.push({ detector, rows });
  }
  return due;
};

/** What is damaged keeps nobody else waiting: its training will say what is wrong with it. */
const whyNot = (error: unknown): number => {
  if (error instanceof AppError && error.code === "CORRUPT") return 0;
  throw error;
};

const sessionsWhenDue = async (ports: DuePorts, detector: LogDetector): Promise<number | undefined> => {
  const { table, clock } = ports;
  const { id, session } = detector;
  const nowMs = clock();
  const newest = await newestInUse(ports, detector);
  if (newest === "kept") return undefined;
  if (newest && !(await isOutOfDate(ports, detector, newest, nowMs))) return undefined;
  const labelOf = sessionLabels(await labelsOf(ports, id));
  const { sessions } = await endedSessions(table, detector, { nowMs, limit: session.maxTrainingSessions });
  const usable = sessions.filter((one) => labelOf(one) !== 1).length;
  return usable >= session.minTrainingSessions ? sessions.length : undefined;
};

const labelsOf = async ({ table }: RegistryPorts, id: string) =>
  (await listLabels(table, id)).map(({ label }) => label);

/** Looks once an hour, and notes that it did. */
const isOutOfDate = async (
  ports: DuePorts,
  detector: LogDetector,
  newest: LogManifest,
  nowMs: number,
): Promise<boolean> => {
  const { id, session } = detector;
  if (nowMs - newest.trainedAtMs < LOOK_EVERY_MS) return false;
  const [look] = await ports.table.getMany([trainingLookKey(id)]);
  if (look) return false;
  const item = { ...trainingLookKey(id), version: nowMs, expiresAtMs: nowMs + LOOK_EVERY_MS };
  await ports.table.putMany([{ item, condition: { kind: "any" } }]);
  if (newest.labels.hash !== labelsHash(await labelsOf(ports, id))) return true;
  const sinceThen = { nowMs, limit: session.maxTrainingSessions, afterMs: newest.trainedAtMs };
  const { sessions: since } = await endedSessions(ports.table, detector, sinceThen);
  if (since.length >= newest.trainingSessions) return true;
  const model = await readable(loadLogModel(ports, id, newest.version));
  return !model || hasNews(model, since);
};

/**
 * The manifest of the newest model, as far as it can be read, of a detector that has a live one; `kept` when the live
 * one was made from a file. After a promotion of an older version the newest one counts, so that going back lasts. Of
 * both, those of another definition are none.
 */
const newestInUse = async (ports: RegistryPorts, detector: LogDetector): Promise<LogManifest | "kept" | undefined> => {
  const champion = await readable(aliasOf(ports, detector.id, "champion"));
  const live = champion && (await manifestOf(ports, detector, champion.version));
  if (!live) return undefined;
  if (live.source === "file") return "kept";
  const newest = await newestVersion(ports, detector.id);
  return (newest && (await manifestOf(ports, detector, newest.version))) ?? live;
};

const manifestOf = async (
  ports: RegistryPorts,
  detector: LogDetector,
  version: number,
): Promise<LogManifest | undefined> => {
  const manifest = await readable(loadAnyManifest(ports, detector.id, version));
  if (!manifest || !isLogManifest(manifest)) return undefined;
  return manifest.definition === definitionHash(detector) ? manifest : undefined;
};

const hasNews = ({ templates, currentId }: LogModel, since: readonly Session[]): boolean => {
  const known = new Set(Array.from(templatesOf(templates), templateId));
  const isNew = ({ entries }: Session) => entries.some(({ templateId: id }) => !known.has(currentId(id)));
  return since.filter(isNew).length >= Math.max(NEWS_SESSIONS, NEWS_SHARE * since.length);
};
