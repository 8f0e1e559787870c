import { keepFailed } from "@tidewatch/core/ingest/failed";
import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { detectorLister } from "@tidewatch/core/store/detectors";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { scoreHandler } from "@tidewatch/functions/score-handler";
import type { HandlerModule } from "../consumer/handler-module.ts";
import { warnOnce } from "./warn-once.ts";

/**
 * Detectors and champions are looked up for each batch: the table is on this machine, and an event that was put after a
 * detector was made, or a model promoted, is scored by it.
 */
const MAX_AGE_MS = 0;

export const createHandler: HandlerModule["createHandler"] = ({ table, blobs, now }) => {
  const warn = warnOnce();
  return scoreHandler({
    table,
    detectors: detectorLister(table, now, MAX_AGE_MS, (_id, error) => warn(`${error.message}: it is left out`)),
    scorerOf: scorerCache({ table, blobs, runtime: onnxRuntime(), clock: now }, { maxAgeMs: MAX_AGE_MS }),
    onFailed: (failed) => keepFailed(blobs, "score", failed),
    onReport({ failed, unusableModels }) {
      for (const { detector, reason } of unusableModels) warn(`detector ${detector} has no usable model: ${reason}`);
      for (const { reason } of failed) warn(`events are kept under failed/score: ${reason}`);
    },
  });
};
