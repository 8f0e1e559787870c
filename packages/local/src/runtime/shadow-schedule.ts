import type { Blobs, Clock, Table } from "@tidewatch/core/store/ports";
import { cpuMs } from "@tidewatch/functions/cpu-time";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { shadowHandler } from "@tidewatch/functions/shadow-handler";
import { parseRate } from "../schedule/rate.ts";
import type { Schedules } from "../schedule/schedule.ts";
import type { Log } from "./log.ts";

/** What a challenger makes of a row is known so much later at most. */
const SHADOW_RATE = "rate(1 minute)";

/** Challengers score what live scoring has written; without any it costs a query. */
export const addShadowSchedule = (
  schedules: Pick<Schedules, "add">,
  { table, blobs, clock, log }: { table: Table; blobs: Blobs; clock: Clock; log: Log },
): void => {
  const onReport: Parameters<typeof shadowHandler>[0]["onReport"] = ({ detectors, failed }) => {
    for (const { failed: unreadable, ...facts } of detectors) {
      if (facts.rows > 0) log({ level: "info", message: "scored in shadow", ...facts });
      for (const { reason } of unreadable) {
        log({ level: "warn", message: "could not score a series in shadow", detector: facts.detector, reason });
      }
    }
    for (const { detector, error } of failed) {
      log({ level: "warn", message: "could not score in shadow", detector, error: String(error) });
    }
  };
  const run = shadowHandler({ table, blobs, clock, cpuMs, runtime: onnxRuntime(), onReport });
  schedules.add("score-in-shadow", parseRate(SHADOW_RATE), run);
};
