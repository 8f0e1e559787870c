import { keepFailed } from "@tidewatch/core/ingest/failed";
import { logHandler } from "@tidewatch/functions/log-handler";
import { logLookups } from "@tidewatch/functions/log-lookups";
import type { HandlerModule } from "../consumer/handler-module.ts";
import { warnOnce } from "./warn-once.ts";

/** Looked up for each batch, as the scorer's: a line that was put after a detector was made belongs to it. */
const AGES = { detectorsMaxAgeMs: 0, modelsMaxAgeMs: 0 };

export const createHandler: HandlerModule["createHandler"] = ({ table, blobs, now }) => {
  const warn = warnOnce();
  const onBad = (_id: string, error: Error) => warn(`${error.message}: it is left out`);
  return logHandler({
    table,
    ...logLookups({ table, blobs, clock: now }, { ...AGES, onBad }),
    onFailed: (failed) => keepFailed(blobs, "log", failed),
    onReport({ failed, unusableModels }) {
      for (const { detector, reason } of unusableModels) warn(`detector ${detector} has no usable model: ${reason}`);
      for (const { reason } of failed) warn(`lines are kept under failed/log: ${reason}`);
    },
  });
};
