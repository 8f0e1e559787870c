import { type Detector, trainingConfig } from "../../detector.ts";
import { driftedDetectors } from "../../drift/checks.ts";
import { shortHash } from "../../feature/hash.ts";
import { aliasOf } from "../../register/aliases.ts";
import { loadManifest } from "../../register/models.ts";
import { detectorLister } from "../../store/detectors.ts";
import { allSeries } from "../../store/read-series.ts";
import { type Started, type StartPorts, startWorkflow } from "./start.ts";
import { isEnded, type WorkflowTrigger } from "./workflow.ts";

/**
 * What sets off a retraining by itself: the clock, drift, an incident that does not end. Each cause has an id of its own, so that
 * it starts one run, however often it is looked at. A detector that has no model yet is not retrained but trained.
 */

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const BY = "schedule";

export type TriggerReport = {
  started: Started["run"][];
  failed: { detector: string; error: unknown }[];
};

/** Begins what is due, of every detector; one that cannot be looked at does not keep the others waiting. */
export const startDueWorkflows = async (ports: StartPorts): Promise<TriggerReport> => {
  const report: TriggerReport = { started: [], failed: [] };
  const drifts = new Map((await driftedDetectors(ports)).map((drift) => [drift.detector, drift]));
  for (const detector of await detectorLister(ports.table, () => 0, 0)()) {
    if (!trainingConfig(detector)) continue;
    try {
      const champion = await aliasOf(ports, detector.id, "champion");
      if (!champion) continue;
      const { onDrift } = detector.retraining;
      const drift = drifts.get(detector.id);
      const isDrift = onDrift && drift?.modelVersion === champion.version;
      const causes = [
        () => (isDrift ? driftTrigger(drift, ports.clock()) : undefined),
        () => scheduleTrigger(ports, detector, champion.version),
        () => incidentTrigger(ports, detector, champion.version),
      ];
      const run = await startFirst(ports, detector.id, causes);
      if (run) report.started.push(run);
    } catch (error) {
      report.failed.push({ detector: detector.id, error });
    }
  }
  return report;
};

type Cause = () => WorkflowTrigger | undefined | Promise<WorkflowTrigger | undefined>;
/** By the first cause that has not had its retraining yet; none while one is open. */
const startFirst = async (
  ports: StartPorts,
  detectorId: string,
  causes: readonly Cause[],
): Promise<Started["run"] | undefined> => {
  for (const cause of causes) {
    const trigger = await cause();
    if (!trigger) continue;
    const { run, isNew } = await startWorkflow(ports, detectorId, trigger);
    if (isNew) return run;
    if (!isEnded(run)) return undefined;
  }
  return undefined;
};

type Drift = { modelVersion: number; sinceMs: number };
/** Once for each day that it goes on: a model that was turned down, for want of rows of the new kind, has more of them the day after. */
const driftTrigger = ({ modelVersion, sinceMs }: Drift, nowMs: number): WorkflowTrigger => {
  const day = 1 + Math.floor(Math.max(0, nowMs - sinceMs) / DAY_MS);
  const id = `version ${modelVersion}, since ${new Date(sinceMs).toISOString()}, day ${day}`;
  return { kind: "drift", id, by: BY, sinceMs };
};

/** The longest of the open incidents that have been open, in event time, for as long as the policy says. */
const incidentTrigger = async (
  { table }: StartPorts,
  { id, retraining: { afterIncidentHours } }: Detector,
  version: number,
): Promise<WorkflowTrigger | undefined> => {
  if (afterIncidentHours === undefined) return undefined;
  let longest: { entity: string; sinceMs: number } | undefined;
  for await (const { entity, head } of allSeries(table, id)) {
    const sinceMs = head.incident?.startMs;
    if (sinceMs === undefined || head.lastRowMs - sinceMs < afterIncidentHours * HOUR_MS) continue;
    if (!longest || sinceMs < longest.sinceMs) longest = { entity, sinceMs };
  }
  if (!longest) return undefined;
  const { entity, sinceMs } = longest;
  // Entities may be longer than an id.
  const name = `version ${version}, ${shortHash(entity)} since ${new Date(sinceMs).toISOString()}`;
  return { kind: "incident", id: name, by: BY, sinceMs };
};

/** Once for each time that the period has gone by since the champion's training, whatever came of the one before. */
const scheduleTrigger = async (
  ports: StartPorts,
  { id, retraining: { everyDays } }: Detector,
  version: number,
): Promise<WorkflowTrigger | undefined> => {
  if (everyDays === undefined) return undefined;
  const { trainedAtMs } = await loadManifest(ports, id, version);
  const periods = Math.floor((ports.clock() - trainedAtMs) / (everyDays * DAY_MS));
  return periods >= 1 ? { kind: "schedule", id: `version ${version}, period ${periods}`, by: BY } : undefined;
};
