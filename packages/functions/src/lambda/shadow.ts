import { cpuMs } from "../cpu-time.ts";
import { failureFacts } from "../failure.ts";
import { onnxRuntime } from "../onnx-runtime.ts";
import { shadowHandler } from "../shadow-handler.ts";
import { blobsPort, clock, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { log, count, observe } = telemetryOf("shadow");

/** Called by the schedule: challengers score what the champions have scored since. */
export const handler = observe(
  shadowHandler({
    ...{ table: tablePort(), blobs: blobsPort(), runtime: onnxRuntime(), clock, cpuMs },
    onReport({ detectors, failed }) {
      for (const { detector, error } of failed) {
        log({ level: "warn", message: "a challenger could not score", detector, ...failureFacts(error) });
      }
      const rows = detectors.reduce((sum, one) => sum + one.rows, 0);
      count("scored in shadow", { Rows: rows, Failed: failed.length }, { detectors });
    },
  }),
);
