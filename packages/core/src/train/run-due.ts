import { AppError, type ErrorCode } from "../errors.ts";
import type { Bus } from "../store/ports.ts";
import { dueDetectors } from "./due.ts";
import { type TrainPorts, trainDetector } from "./run.ts";

export type TrainDuePorts = TrainPorts & { bus: Bus };

export type TrainedModel = { name: string; version: number; trainingRows: number };
export type FailedTraining = { detector: string; rows: number; code: ErrorCode; error: unknown };
/** `due = trained + failed`. */
export type TrainReport = { due: number; trained: TrainedModel[]; failed: FailedTraining[]; durationMs: number };

/**
 * Trains every detector that is due, and announces each new model as `model.promoted`. One that cannot be trained does not
 * keep the others waiting: it is reported and stays due.
 */
export const trainDueDetectors = async (ports: TrainDuePorts): Promise<TrainReport> => {
  const startMs = ports.clock();
  const due = await dueDetectors(ports);
  const report: TrainReport = { due: due.length, trained: [], failed: [], durationMs: 0 };
  for (const { detector, rows } of due) {
    try {
      report.trained.push(await trainOne(ports, detector.id));
    } catch (error) {
      const code = error instanceof AppError ? error.code : "INTERNAL";
      report.failed.push({ detector: detector.id, rows, code, error });
    }
  }
  return { ...report, durationMs: ports.clock() - startMs };
};

const trainOne = async (ports: TrainDuePorts, detectorId: string): Promise<TrainedModel> => {
  const { name, version, trainingRows } = await trainDetector(ports, detectorId);
  const detail = { name, version, trainingRows };
  const id = `model.promoted#${name}#${version}`;
  await ports.bus.publish([{ id, type: "model.promoted", timeMs: ports.clock(), detail }]);
  return detail;
};
