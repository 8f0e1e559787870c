import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { AppError } from "@tidewatch/core/errors";
import type { Bus, BusEvent } from "@tidewatch/core/store/ports";
import { type Backoff, PATIENT, untilDone } from "./backoff.ts";
import { batchesOf } from "./batches.ts";
import { explained } from "./failure.ts";

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
const MAX_CALL_BYTES = 256 * 1024;
const TIME_BYTES = 14;
/** What rules match on, next to `detail-type`, which is the event's type. */
const EVENT_SOURCE = "tidewatch";
/** Refusals that pass; the others are about the entry itself. */
const PASSING = ["ThrottlingException", "InternalFailure", "InternalException", "ServiceUnavailable"];

/**
 * The bus on EventBridge. An event's `detail` is `{ metadata: { id, timeMs }, data }`: EventBridge gives each delivery an id
 * of its own, and its time has no milliseconds. It delivers at least once and in no order; `id` tells a repeat.
 *
 * @throws AppError TOO_LARGE (an event above 256 KB; nothing is published), UNAVAILABLE, INTERNAL (an event refused for good);
 * some events may be published then
 */
export const eventBridgeBus = (options: { client: EventBridgeClient; busName: string; backoff?: Backoff }): Bus => {
  const { client, busName, backoff = PATIENT } = options;
  const what = `bus ${busName}`;

  /** Sends entries once and gives those that may be taken another time. */
  const putSome = async (entries: readonly PutEventsRequestEntry[]): Promise<PutEventsRequestEntry[]> => {
    const command = new PutEventsCommand({ Entries: [...entries] });
    const { Entries = [] } = await explained(what, () => client.send(command));
    const refusedForGood = Entries.find(({ ErrorCode }) => ErrorCode && !PASSING.includes(ErrorCode));
    if (refusedForGood) {
      throw new AppError("INTERNAL", `${what} refused an event for good: ${refusedForGood.ErrorCode}`);
    }
    return entries.filter((_, place) => !Entries[place]?.EventId);
  };

  return {
    async publish(events) {
      const entries = events.map((event) => wireEntry(event, busName));
      for (const [index, entry] of entries.entries()) checkSize(entry, index);
      for (const batch of batchesOf(entries, { count: MAX_ENTRIES, bytes: MAX_CALL_BYTES }, entryBytes)) {
        const left = await untilDone(batch, putSome, backoff);
        if (left.length > 0) {
          throw new AppError(
            "UNAVAILABLE",
            `${what} left ${left.length} of ${events.length} events: publish them again`,
          );
        }
      }
    },
  };
};

/** The event that a rule's target gets, as it was published. */
export const busEventOf = (delivered: { "detail-type": string; detail: unknown }): BusEvent => {
  const { metadata, data } = delivered.detail as Detail;
  return { id: metadata.id, type: delivered["detail-type"], timeMs: metadata.timeMs, detail: data };
};

type Detail = { metadata: { id: string; timeMs: number }; data: Record<string, unknown> };

const wireEntry = ({ id, type, timeMs, detail }: BusEvent, busName: string): PutEventsRequestEntry => ({
  EventBusName: busName,
  Source: EVENT_SOURCE,
  DetailType: type,
  Time: new Date(timeMs),
  Detail: JSON.stringify({ metadata: { id, timeMs }, data: detail } satisfies Detail),
});

const entryBytes = ({ Source = "", DetailType = "", Detail = "" }: PutEventsRequestEntry): number =>
  TIME_BYTES + Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);

const checkSize = (entry: PutEventsRequestEntry, index: number): void => {
  const bytes = entryBytes(entry);
  if (bytes <= MAX_CALL_BYTES) return;
  throw new AppError("TOO_LARGE", `event ${index} has ${bytes} bytes, EventBridge takes at most ${MAX_CALL_BYTES}`);
};
