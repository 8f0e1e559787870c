import { type Decoded, decodeEvent } from "@tidewatch/core/ingest/decode";
import { type Event, partitionKey } from "@tidewatch/core/ingest/event";
import type { StreamEntry } from "@tidewatch/core/store/ports";
import type { Slices } from "./split.ts";

export type SourceEntry = { ok: true; entry: StreamEntry } | { ok: false; reason: string };

/**
 * The events of a request, each looked at when its turn comes. The same request has the same ones in the same order.
 */
export type EventSource = { count: number; entryOf(index: number): SourceEntry };

/** Events as the bytes that they came in. */
export const slicedEvents = (body: Uint8Array, slices: Slices): EventSource => ({
  count: slices.length / 2,
  entryOf(index) {
    const data = body.subarray(slices[2 * index]!, slices[2 * index + 1]!);
    return asEntry(decodeEvent(data), () => data);
  },
});

export const asEntry = (decoded: Decoded, dataOf: (event: Event) => Uint8Array): SourceEntry =>
  decoded.ok
    ? { ok: true, entry: { partitionKey: partitionKey(decoded.event), data: dataOf(decoded.event) } }
    : decoded;
