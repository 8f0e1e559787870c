import type { BusEvent } from "@tidewatch/core/store/ports";
import { busEventOf } from "@tidewatch/functions/aws/event-bridge-bus";
import { jsonFailure, jsonReply, type Loopback, serve } from "./loopback.ts";

type Entry = { Source: string; DetailType: string; Detail: string; EventBusName: string; Time: number };
/** The reason why an entry is refused in a call, `undefined` when it is taken. */
export type Refuse = (entry: Entry, call: number) => string | undefined;

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html; sizes as the user guide counts them. */
const MAX_ENTRIES = 10;
const MAX_BYTES = 256 * 1024;
const sizeOf = ({ Source, DetailType, Detail }: Entry): number => 14 + Buffer.byteLength(Source + DetailType + Detail);

/**
 * Event buses and the PutEvents call of EventBridge, for which there is no emulator: its limits, and refusals of single
 * entries. `events` are those taken, as a rule's target would get them.
 */
export const startEventBridgeServer = async (refuse: Refuse = () => undefined) => {
  const buses = new Set<string>();
  const events: BusEvent[] = [];
  const calls: Entry[][] = [];
  const server: Loopback = await serve(async ({ operation, body }) => {
    const { Entries = [], Name = "" } = JSON.parse(String(body)) as { Entries?: Entry[]; Name?: string };
    if (operation === "CreateEventBus") buses.add(Name);
    if (operation === "DeleteEventBus") buses.delete(Name);
    if (operation !== "PutEvents") return jsonReply({});
    calls.push(Entries);
    if (Entries.length < 1 || Entries.length > MAX_ENTRIES) return jsonFailure("ValidationException");
    if (Entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MAX_BYTES) return jsonFailure("ValidationException");
    if (Entries.some(({ EventBusName }) => !buses.has(EventBusName))) return jsonFailure("ResourceNotFoundException");
    const results = Entries.map((entry) => {
      const ErrorCode = refuse(entry, calls.length);
      if (ErrorCode !== undefined) return { ErrorCode, ErrorMessage: "refused" };
      events.push(busEventOf({ "detail-type": entry.DetailType, detail: JSON.parse(entry.Detail) }));
      return { EventId: crypto.randomUUID() };
    });
    const FailedEntryCount = results.filter((result) => "ErrorCode" in result).length;
    return jsonReply({ FailedEntryCount, Entries: results });
  });
  return { ...server, buses, events, calls };
};
