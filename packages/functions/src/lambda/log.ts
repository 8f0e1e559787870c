import { keepFailed } from "@tidewatch/core/ingest/failed";
import { placeOf } from "../kinesis-event.ts";
import { logHandler } from "../log-handler.ts";
import { logMetrics, logProperties } from "./log-metrics.ts";
import { logLookupsOf } from "./log-ports.ts";
import { blobsPort, clock, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { log, count, observe } = telemetryOf("log");
const ports = { table: tablePort(), blobs: blobsPort(), clock };

/** Takes the log lines of a batch into templates, sessions and rates. */
export const handler = observe(
  logHandler({
    table: ports.table,
    ...logLookupsOf(ports, log),
    onFailed: (failed) => keepFailed(ports.blobs, "log", failed),
    onReport(report, records) {
      const properties = { ...placeOf(records, clock()), ...logProperties(report) };
      count("took in a batch of lines", logMetrics(report), properties);
    },
  }),
);
