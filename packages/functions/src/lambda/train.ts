import { trainerOf } from "@tidewatch/core/train/run";
import { cpuMs } from "../cpu-time.ts";
import { failureFacts } from "../failure.ts";
import { onnxRuntime } from "../onnx-runtime.ts";
import { trainHandler } from "../train-handler.ts";
import { blobsPort, busPort, clock, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { log, count, observe } = telemetryOf("train");

const ports = { table: tablePort(), blobs: blobsPort(), clock };

/** Called by the schedule: trains the detectors that are due. */
export const handler = observe(
  trainHandler({
    ...ports,
    bus: busPort(),
    train: trainerOf({ ...ports, runtime: onnxRuntime(), cpuMs }),
    onReport({ due, trained, failed, durationMs }) {
      for (const { detector, rows, error } of failed) {
        log({ level: "warn", message: "could not train a model", detector, rows, ...failureFacts(error) });
      }
      for (const { unreadableItems, ...model } of trained) {
        if (unreadableItems) log({ level: "warn", message: "left out what cannot be read", ...model, unreadableItems });
      }
      const values = { Due: due, Trained: trained.length, Failed: failed.length, TrainingTime: durationMs };
      count("trained what was due", values, { trained });
    },
  }),
);
