import { archiveHandler } from "../archive-handler.ts";
import { placeOf } from "../kinesis-event.ts";
import { blobsPort, clock, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { count, observe } = telemetryOf("archive");

/** Takes every record of the stream into the bucket: as an event, or into quarantine. */
export const handler = observe(
  archiveHandler({
    table: tablePort(),
    blobs: blobsPort(),
    onReport({ archived, quarantined, repeated }, records) {
      const values = { Received: records.length, Archived: archived, Quarantined: quarantined, Repeated: repeated };
      count("archived a batch", values, { ...placeOf(records, clock()) });
    },
  }),
);
