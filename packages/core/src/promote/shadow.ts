import { isLogDetector } from "../any-detector.ts";
import type { Detector } from "../detector.ts";
import { type AliasCause, aliasOf, moveAlias, readAlias } from "../register/aliases.ts";
import type { RegistryPorts } from "../register/models.ts";
import type { ScorerOf } from "../register/scorer-cache.ts";
import { listDetectors, partEntries } from "../store/detectors.ts";
import { modelAliasKey, shadowSummaryKey } from "../store/keys.ts";
import type { Clock, Table } from "../store/ports.ts";
import { allSeries } from "../store/read-series.ts";
import { freshShadow, readSummary, shadowPut } from "./shadow-doc.ts";
import { type ShadowRun, shadowDetector } from "./shadow-series.ts";

export type ShadowPorts = {
  table: Table;
  /** With a memory, so that a challenger is loaded once. */
  scorerOf: ScorerOf;
  /** CPU time of this process so far. */
  cpuMs: () => number;
  clock: Clock;
};

export type ShadowReport = {
  detectors: (ShadowRun & { detector: string; version: number })[];
  /** Challengers that could not be tried: live scoring does not notice, the next run tries again. */
  failed: { detector: string; error: unknown }[];
};

/** A run leaves off after this time; the next one goes on. */
const RUN_MS = 40_000;
/** Watermarks of one put. */
const PAGE = 200;

/**
 * Begins to try a version in shadow: of each series there is it notes where its rows end, then it moves the alias
 * `challenger`. A crash and a repeat are harmless.
 * @param revision moves of the alias that the caller knows of; absent: whatever they are
 * @throws AppError CONFLICT when the alias is moved by somebody else at the same time
 */
export const startShadow = async (
  ports: RegistryPorts,
  detectorId: string,
  version: number,
  nowMs: number,
  cause: AliasCause,
  revision?: number,
): Promise<void> => {
  const current = await aliasOf(ports, detectorId, "challenger");
  if (current?.version === version) return;
  let puts = [];
  for await (const { entity, head } of allSeries(ports.table, detectorId)) {
    puts.push(shadowPut(detectorId, version, freshShadow(entity, head.rows), nowMs));
    if (puts.length < PAGE) continue;
    await ports.table.putMany(puts);
    puts = [];
  }
  if (puts.length > 0) await ports.table.putMany(puts);
  const expected = revision === undefined ? { version: current?.version } : { revision };
  await moveAlias(ports, detectorId, "challenger", version, cause, nowMs, expected);
};

/** Ends the trial of a version, canary included; nothing where another one is tried by now. What it found stays. */
export const endShadow = async (
  ports: RegistryPorts,
  detectorId: string,
  version: number,
  nowMs: number,
  cause: AliasCause,
): Promise<void> => {
  const current = await aliasOf(ports, detectorId, "challenger");
  if (current?.version !== version) return;
  await moveAlias(ports, detectorId, "challenger", null, cause, nowMs, { version });
};

/**
 * How far the trial of a version has come. `hours`: event time. `done`: as long as the detector's policy asks for, and no series
 * waits for its turn.
 */
export type ShadowProgress = { rows: number; hours: number; done: boolean };

export const shadowProgress = async (
  { table }: Pick<RegistryPorts, "table">,
  { id, retraining }: Pick<Detector, "id" | "retraining">,
  version: number,
): Promise<ShadowProgress> => {
  const [item] = await table.getMany([shadowSummaryKey(id, version)]);
  const { rows = 0, hours = 0, behind = 0 } = readSummary(item) ?? {};
  return { rows, hours, done: hours >= retraining.shadowHours && behind === 0 };
};

/**
 * Scores again, with each challenger, what live scoring has written since the last run; called by a schedule. Results are
 * stored apart, each series under a condition: runs that overlap, die or come again change nothing twice.
 */
export const scoreShadow = async (ports: ShadowPorts, nowMs: number): Promise<ShadowReport> => {
  const untilMs = ports.clock() + RUN_MS;
  const report: ShadowReport = { detectors: [], failed: [] };
  for (const { detector, version } of await challenged(ports.table)) {
    try {
      const run = await shadowDetector(ports, detector, version, nowMs, untilMs);
      report.detectors.push({ detector: detector.id, version, ...run });
    } catch (error) {
      report.failed.push({ detector: detector.id, error });
    }
  }
  return report;
};

/** Metric detectors that have a challenger. */
const challenged = async (table: Table): Promise<{ detector: Detector; version: number }[]> => {
  const { readable } = partEntries(await listDetectors(table));
  const detectors = readable.filter((one): one is Detector => !isLogDetector(one));
  const aliases = await table.getMany(detectors.map(({ id }) => modelAliasKey(id, "challenger")));
  return detectors.flatMap((detector, at) => {
    const alias = readAlias(aliases[at]);
    return alias ? [{ detector, version: alias.version }] : [];
  });
};
