import { gunzipSync } from "node:zlib";
import type { Inflate } from "@tidewatch/core/ingest/decode-record";

/** In place of the thread pool's: a record takes less than a millisecond, and its consumer waits for it anyway. */
export const inflate: Inflate = (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength });
