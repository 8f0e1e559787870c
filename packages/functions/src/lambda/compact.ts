import { compactHandler } from "../compact-handler.ts";
import { retentionRules } from "./environment.ts";
import { blobsPort, clock } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { count, observe } = telemetryOf("compact");

/** Called by the schedule: makes Parquet of what the archive has gathered, and removes what the deployment's rules say. */
export const handler = observe(
  compactHandler({
    ...{ blobs: blobsPort(), clock, rules: retentionRules() },
    onReport: ({ events, ...report }) => count("compacted the archive", { Compacted: events }, report),
  }),
);
