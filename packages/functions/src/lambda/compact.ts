import { compactHandler } from "../compact-handler.ts";
import { blobsPort, clock } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

/** A file that is begun then is done before the function's time is. */
const SPAN_MS = 600_000;

const { count, observe } = telemetryOf("compact");

/** Called by the schedule: makes Parquet of what the archive has gathered. */
export const handler = observe(
  compactHandler({
    ...{ blobs: blobsPort(), clock, spanMs: SPAN_MS },
    onReport: ({ events, ...report }) => count("compacted the archive", { Compacted: events }, report),
  }),
);
