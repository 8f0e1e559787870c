import type { Blobs, Clock, Table } from "@tidewatch/core/store/ports";
import type { RecordFilter } from "./filter.ts";
import type { StreamHandler } from "./invocation.ts";

export type HandlerContext = {
  table: Table;
  blobs: Blobs;
  now: Clock;
  options: Record<string, unknown>;
};

/** What a worker loads: makes the Lambda handler that the consumer's records go to. */
export type HandlerModule = {
  createHandler(context: HandlerContext): StreamHandler | Promise<StreamHandler>;
  /** In place of the mapping's filter: Lambda's can tell nothing but JSON apart. */
  accepts?: RecordFilter;
};
