import type { Blobs, Clock, Mailer, Table } from "@tidewatch/core/store/ports";
import { httpWebhook } from "@tidewatch/functions/mail/webhook";
import { reportHandler } from "@tidewatch/functions/report-handler";
import type { Log } from "./log.ts";

type ReportSchedulePorts = { table: Table; blobs: Blobs; mailer: Mailer; clock: Clock; log: Log };

/** As on AWS, where it is a function of its own. Who sets webhooks here owns this machine: they may reach it. */
export const reportJob = ({ log, ...ports }: ReportSchedulePorts): (() => Promise<void>) =>
  reportHandler({
    ...ports,
    webhook: httpWebhook({ allowLoopback: true }),
    onReport({ made, sent, failed }) {
      for (const report of made) log({ level: "info", message: "made a report", report });
      for (const one of sent) log({ level: "info", message: "sent a report", ...one });
      for (const one of failed) log({ level: "warn", message: "a report waits for the next run", ...one });
    },
  });
