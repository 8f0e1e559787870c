import { AppError, type ErrorCode } from "../errors.ts";
import { announceModels } from "../register/announce.ts";
import type { RegistryPorts } from "../register/models.ts";
import { listDetectors } from "../store/detectors.ts";
import type { Bus, Clock } from "../store/ports.ts";
import { dueDetectors } from "./due.ts";
import { dueLogDetectors } from "./log/due.ts";
import type { TrainedModel, Trainer } from "./run.ts";

export type TrainDuePorts = RegistryPorts & { clock: Clock; bus: Bus; train: Trainer };

export type FailedTraining = { detector: string; rows: number; code: ErrorCode; error: unknown };
/** `due = trained + failed`. */
export type TrainReport = {
  due: number;
  trained: TrainedModel[];
  failed: FailedTraining[];
  /** Why live models could not be announced: the next run tries again. */
  announceFailure?: { error: unknown };
  durationMs: number;
};

/**
 * Trains every detector that is due, and announces each new model as `model.promoted`; first those that others promoted (a
 * request to train, a run that died). One that cannot be trained does not keep the others waiting: it is reported and stays
 * due. Nor does a bus that is away.
 */
export const trainDueDetectors = async (ports: TrainDuePorts): Promise<TrainReport> => {
  const startMs = ports.clock();
  const due = [...(await dueDetectors(ports)), ...(await dueLogDetectors(ports))];
  const report: TrainReport = { due: due.length, trained: [], failed: [], durationMs: 0 };
  await announce(
    ports,
    report,
    (await listDetectors(ports.table)).map(({ id }) => id),
  );
  for (const { detector, rows } of startingAt(due, startMs)) {
    try {
      report.trained.push(await ports.train(detector.id));
    } catch (error) {
      const code = error instanceof AppError ? error.code : "INTERNAL";
      report.failed.push({ detector: detector.id, rows, code, error });
      continue;
    }
    await announce(ports, report, [detector.id]);
  }
  return { ...report, durationMs: ports.clock() - startMs };
};

/** Another detector begins with each of the runs that a schedule starts five minutes apart or more. */
const START_MOVES_EVERY_MS = 5 * 60_000;

/** A detector whose training outlives the function that runs it must not be the first one each time. */
const startingAt = <T>(due: readonly T[], nowMs: number): T[] => {
  const first = Math.floor(nowMs / START_MOVES_EVERY_MS) % Math.max(1, due.length);
  return [...due.slice(first), ...due.slice(0, first)];
};

/** Once it failed, the rest of the run does not wait for it. */
const announce = async (ports: TrainDuePorts, report: TrainReport, names: readonly string[]): Promise<void> => {
  if (report.announceFailure) return;
  try {
    await announceModels(ports, names);
  } catch (error) {
    report.announceFailure = { error };
  }
};
