import { httpWebhook } from "../mail/webhook.ts";
import { reportHandler } from "../report-handler.ts";
import { blobsPort, clock, mailerPort, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { log, count, observe } = telemetryOf("report");

/** Called by the schedule: makes the reports that are due, and sends them. */
export const handler = observe(
  reportHandler({
    ...{ table: tablePort(), blobs: blobsPort(), mailer: mailerPort(), clock },
    // A function has no neighbour on its own machine.
    webhook: httpWebhook({ allowLoopback: false }),
    onReport({ made, sent, failed }) {
      for (const { report, what, error } of failed)
        log({ level: "warn", message: "a report failed", report, what, error });
      count("looked for reports", { Sent: sent.length, Failed: failed.length }, { made, sent });
    },
  }),
);
