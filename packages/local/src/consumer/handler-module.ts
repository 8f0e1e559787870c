import type { Blobs, Clock, Table } from "@tidewatch/core/store/ports";
import type { RecordProbe } from "../stream/reader.ts";
import type { StreamHandler } from "./invocation.ts";

export type HandlerContext = {
  table: Table;
  blobs: Blobs;
  now: Clock;
  options: Record<string, unknown>;
};

/** What a worker loads: makes the Lambda handler that the consumer's records go to. */
export type HandlerModule = { createHandler(context: HandlerContext): StreamHandler | Promise<StreamHandler> };

/**
 * What a worker of a choosy consumer loads before: what is wanted of the stream, beside the mapping's filter. Lambda's filters
 * know only JSON, and parse all of it. The handler is loaded with the first record that is wanted.
 */
export type ProbeModule = { wants: RecordProbe };

/** Made when it is called first. One that could not be made is tried again with the next delivery. */
export const lateHandler = (make: () => Promise<StreamHandler>): StreamHandler => {
  let made: StreamHandler | undefined;
  return async (event) => {
    made ??= await make();
    return await made(event);
  };
};
