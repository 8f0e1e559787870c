import { failureFacts } from "../failure.ts";
import { retrainStartHandler } from "../retrain-start-handler.ts";
import { blobsPort, clock, stateMachinePort, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { log, count, observe } = telemetryOf("retrain-start");

/** Called by the schedule, and by an event `drift.detected`: begins retrainings, and sees to it that each open one goes on. */
export const handler = observe(
  retrainStartHandler({
    ...{ table: tablePort(), blobs: blobsPort(), clock, startExecution: stateMachinePort() },
    onReport({ started, failed }) {
      for (const { detector, error } of failed) {
        log({ level: "warn", message: "a retraining could not be begun", detector, ...failureFacts(error) });
      }
      const begun = started.map(({ detector, id, trigger }) => ({ detector, run: id, trigger: trigger.kind }));
      count("began retrainings", { Started: started.length, Failed: failed.length }, { started: begun });
    },
  }),
);
