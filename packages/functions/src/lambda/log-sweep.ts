import { sweepHandler } from "../sweep-handler.ts";
import { logLookupsOf } from "./log-ports.ts";
import { blobsPort, clock, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { log, count, observe } = telemetryOf("log-sweep");
const ports = { table: tablePort(), blobs: blobsPort(), clock };

/** Called by the schedule: ends sessions of logs that have fallen silent. */
export const handler = observe(
  sweepHandler({
    table: ports.table,
    clock,
    ...logLookupsOf(ports, log),
    onReport: (ended) => count("ended silent sessions", { SessionsEnded: ended }, {}),
  }),
);
