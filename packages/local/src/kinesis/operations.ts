import type { EventStream } from "@tidewatch/core/store/ports";
import { describeStream, describeStreamSummary, listShards, listStreams, type Served } from "./describe.ts";
import { type Fields, readFields } from "./fields.ts";
import { putRecord, putRecords } from "./put.ts";
import { getRecords, getShardIterator } from "./read.ts";
import { type OnFault, wireError } from "./wire-error.ts";

const TARGET_PREFIX = "Kinesis_20131202.";

/** Answers one decoded request. `target` is the `X-Amz-Target` header. @throws WireError for what the client did wrong */
export type Operations = (target: string | undefined, input: () => unknown) => Promise<object>;

export const kinesisOperations = (stream: EventStream, served: Served, onFault: OnFault): Operations => {
  const operations: Record<string, (fields: Fields) => object | Promise<object>> = {
    PutRecord: (fields) => putRecord(stream, served.streamName, fields),
    PutRecords: (fields) => putRecords(stream, served.streamName, fields, onFault),
    ListStreams: (fields) => listStreams(served, fields),
    DescribeStreamSummary: (fields) => describeStreamSummary(served, fields),
    DescribeStream: (fields) => describeStream(served, fields),
    ListShards: (fields) => listShards(served, fields),
    GetShardIterator: (fields) => getShardIterator(served, fields),
    GetRecords: (fields) => getRecords(served, fields),
  };
  return async (target, input) => {
    const name = target?.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : "";
    if (!Object.hasOwn(operations, name)) {
      throw wireError("UnknownOperationException", `Not served here: ${target ?? "a request without X-Amz-Target"}.`);
    }
    return operations[name]!(readFields(input()));
  };
};
