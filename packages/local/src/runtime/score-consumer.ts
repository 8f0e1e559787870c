import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { detectorLister } from "@tidewatch/core/store/detectors";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { scoreHandler } from "@tidewatch/functions/score-handler";
import type { HandlerModule } from "../consumer/handler-module.ts";

/**
 * Detectors and champions are looked up for each batch: the table is on this machine, and an event that was put after a
 * detector was made, or a model promoted, is scored by it.
 */
const MAX_AGE_MS = 0;

export const createHandler: HandlerModule["createHandler"] = ({ table, blobs, now }) =>
  scoreHandler({
    table,
    detectors: detectorLister(table, now, MAX_AGE_MS),
    scorerOf: scorerCache({ table, blobs, runtime: onnxRuntime(), clock: now }, { maxAgeMs: MAX_AGE_MS }),
  });
