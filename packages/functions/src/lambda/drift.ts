import { driftHandler } from "../drift-handler.ts";
import { failureFacts } from "../failure.ts";
import { blobsPort, busPort, clock, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { log, count, observe } = telemetryOf("drift");

/** Called by the schedule: compares the hour that has passed with what each model learnt. */
export const handler = observe(
  driftHandler({
    ...{ table: tablePort(), blobs: blobsPort(), bus: busPort(), clock },
    onReport({ checked, waiting, drifted, failed }) {
      for (const { detector, error } of failed) {
        log({ level: "warn", message: "drift could not be checked", detector, ...failureFacts(error) });
      }
      const values = { Checked: checked, Drifted: drifted.length, Failed: failed.length };
      count("checked for drift", values, { waiting, drifted });
    },
  }),
);
