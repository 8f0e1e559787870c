import { AppError } from "../../errors.ts";
import { definitionHash } from "../../log/definition.ts";
import type { LogDetector } from "../../log/detector.ts";
import { type LogModel, modelFor } from "../../log/model.ts";
import { liveTemplates, storedTemplates } from "../../log/read/templates.ts";
import { type Session, templateCounts } from "../../log/session/session.ts";
import { currentIds, emptyStore, mergeStores, type TemplateStore, templatesOf } from "../../log/template/store.ts";
import { templateId } from "../../log/template/template.ts";
import type { Threads } from "../../model/family.ts";
import { aliasOf } from "../../register/aliases.ts";
import { logModelOf, storedLogModel } from "../../register/log-files.ts";
import type { LogManifest } from "../../register/log-manifest.ts";
import { loadLogModel, registerLogModel } from "../../register/log-models.ts";
import { promote, type RegistryPorts, reserveVersion } from "../../register/models.ts";
import { listLabels } from "../../store/labels.ts";
import type { Clock, Table } from "../../store/ports.ts";
import { fitLogs } from "./fit.ts";
import { judgeEarlier } from "./judge-earlier.ts";
import { newestVersion } from "./newest.ts";
import { endedSessions } from "./read.ts";
import { readable } from "./readable.ts";
import { labelsHash, sessionLabels } from "./session-labels.ts";
import { severeTemplates } from "./severe.ts";

export type LogTrainPorts = RegistryPorts & { clock: Clock; threads?: Threads };

/** Log detectors have no setting for it: the same sessions give the same model. */
const SEED = 1;

/**
 * Trains a log detector on the newest sessions that ended, registers the model and makes it champion. Throws `CONFLICT`
 * while there are too few sessions.
 */
export const trainLogDetector = async (ports: LogTrainPorts, detector: LogDetector): Promise<LogManifest> => {
  const { table } = ports;
  const { id, session } = detector;
  const nowMs = ports.clock();
  const { sessions, unreadable } = await endedSessions(table, detector, { nowMs, limit: session.maxTrainingSessions });
  const labels = (await listLabels(table, id)).map(({ label }) => label);
  const labelOf = sessionLabels(labels);
  const usable = sessions.filter((one) => labelOf(one) !== 1).length;
  if (usable < session.minTrainingSessions) throw tooFew(id, session.minTrainingSessions, usable, unreadable);
  const store = mergeStores(await knownTemplates(ports, detector), await liveTemplates(table, id));
  countLines(store, sessions);
  const severe = severeTemplates(store, await levelsOf(table, id));
  const options = { training: session.training, seed: SEED, threads: ports.threads };
  const { learnt, anomalous, normal, fromMs, toMs } = await fitLogs({ store, sessions, labelOf, severe, ...options });
  const version = await reserveVersion(ports, id);
  const stored = storedLogModel(learnt, {
    ...{ name: id, version, source: "pipeline", trainedAtMs: nowMs, trainingFromMs: fromMs, trainingToMs: toMs },
    ...{ labels: { anomalous, normal, hash: labelsHash(labels) }, seed: SEED },
    ...{ definition: definitionHash(detector), unreadableItems: unreadable },
  });
  await registerLogModel(ports, stored);
  const before = await readable(championOfLogs(ports, detector));
  await promote(ports, id, version, nowMs, TRAINED);
  if (!before) await judgeEarlier(table, id, logModelOf(stored, `model ${id} version ${version}`), sessions, nowMs);
  return stored.manifest;
};

const tooFew = (id: string, needed: number, has: number, unreadable: number): AppError =>
  new AppError(
    "CONFLICT",
    `detector ${id} needs ${needed} sessions that ended to train and has ${has}: ${needed - has} more` +
      (unreadable > 0 ? `; ${unreadable} items of them cannot be read` : ""),
  );

const championOfLogs = async (ports: RegistryPorts, detector: LogDetector): Promise<LogModel | undefined> => {
  const champion = await aliasOf(ports, detector.id, "champion");
  return champion && modelFor(detector, await loadLogModel(ports, detector.id, champion.version));
};

/** Level of the first line of each template that has one. */
const levelsOf = async (table: Table, id: string): Promise<[id: string, level: string][]> =>
  (await storedTemplates(table, id)).flatMap(({ id: listed, level }): [string, string][] =>
    level === undefined ? [] : [[listed, level]],
  );

/** What shards counted depends on when they were read; what the sessions hold does not. */
const countLines = (store: TemplateStore, sessions: readonly Session[]): void => {
  const currentId = currentIds(store);
  const lines = new Map<string, number>();
  for (const session of sessions) {
    for (const [id, count] of templateCounts(session, currentId)) lines.set(id, (lines.get(id) ?? 0) + count);
  }
  for (const template of templatesOf(store)) template.count = lines.get(templateId(template)) ?? 0;
};

/**
 * Templates of the live model and of the newest one, as far as they are of the detector as it is now: the ids of the
 * sessions are of either. One that cannot be read is no reason to have none.
 */
const knownTemplates = async (ports: RegistryPorts, detector: LogDetector): Promise<TemplateStore> => {
  const { id } = detector;
  const [champion, newest] = await Promise.all([aliasOf(ports, id, "champion"), newestVersion(ports, id)]);
  let store = emptyStore();
  for (const version of new Set([champion?.version, newest?.version])) {
    const stored = version === undefined ? undefined : await readable(loadLogModel(ports, id, version));
    const model = modelFor(detector, stored);
    if (!model) continue;
    // Lines were given their ids, whoever made them.
    for (const template of templatesOf(model.templates)) template.isServed = true;
    store = mergeStores(store, model.templates);
  }
  return store;
};

const TRAINED = { by: "training", reason: "trained on the newest sessions of its detector" };
