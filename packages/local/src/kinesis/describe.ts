import type { StreamReader } from "../stream/reader.ts";
import type { Fields } from "./fields.ts";
import { describeShards } from "./shards.ts";
import { readStreamName, requireStream, streamArn, streamNotFound } from "./stream-name.ts";
import { wireError } from "./wire-error.ts";

export type Served = { reader: StreamReader; streamName: string; createdMs: number; now: () => number };

const LIST_LIMIT = { min: 1, max: 10_000 };
/** What `DescribeStream` and `ListShards` answer when no limit is asked for. */
const DEFAULT_SHARDS = { describe: 100, list: 1000 };
const NAME = { min: 1, max: 128, pattern: /[a-zA-Z0-9_.-]+/ };
const TOKEN_LIFETIME_MS = 300_000;

export const listStreams = ({ streamName, createdMs }: Served, fields: Fields) => {
  fields.integer("Limit", LIST_LIMIT);
  const after = fields.string("ExclusiveStartStreamName", NAME) ?? fields.string("NextToken") ?? "";
  fields.check();
  const names = streamName > after ? [streamName] : [];
  const StreamSummaries = names.map((name) => ({ ...summary(name, createdMs) }));
  return { StreamNames: names, HasMoreStreams: false, StreamSummaries };
};

export const describeStreamSummary = ({ reader, streamName, createdMs }: Served, fields: Fields) => {
  requireStream(fields, streamName);
  const shardCount = reader.shardIds().length;
  const details = { ...summary(streamName, createdMs), ...storage, OpenShardCount: shardCount, ConsumerCount: 0 };
  return { StreamDescriptionSummary: details };
};

export const describeStream = ({ reader, streamName, createdMs }: Served, fields: Fields) => {
  const limit = fields.integer("Limit", LIST_LIMIT) ?? DEFAULT_SHARDS.describe;
  const after = fields.string("ExclusiveStartShardId", NAME);
  requireStream(fields, streamName);
  const { shards, more } = shardPage(reader, after, limit);
  const details = { ...summary(streamName, createdMs), ...storage, Shards: shards, HasMoreShards: more };
  return { StreamDescription: details };
};

export const listShards = (served: Served, fields: Fields) => {
  const { reader, streamName, now } = served;
  const limit = fields.integer("MaxResults", LIST_LIMIT) ?? DEFAULT_SHARDS.list;
  const token = fields.string("NextToken", { min: 1, max: 1_048_576 });
  const start = fields.string("ExclusiveStartShardId", NAME);
  // Shards are never split here: every filter but AFTER_SHARD_ID means all of them.
  const filter = fields.structure("ShardFilter");
  const afterFilter = filter?.string("ShardId", NAME);
  if (token === undefined) requireStream(fields, streamName);
  else checkTokenAlone(fields, start);
  const after = token === undefined ? (start ?? afterFilter) : decodeToken(streamName, token, now());
  const { shards, more } = shardPage(reader, after, limit);
  const last = shards.at(-1)?.ShardId;
  return { Shards: shards, NextToken: more && last ? encodeToken(streamName, last, now()) : undefined };
};

const checkTokenAlone = (fields: Fields, start: string | undefined): void => {
  const { name } = readStreamName(fields);
  fields.check();
  if (name === undefined && start === undefined) return;
  const message = "NextToken and StreamName, StreamARN or ExclusiveStartShardId cannot be provided together.";
  throw wireError("InvalidArgumentException", message);
};

const shardPage = (reader: StreamReader, after: string | undefined, limit: number) => {
  const all = describeShards(reader).filter((shard) => after === undefined || shard.ShardId > after);
  return { shards: all.slice(0, limit), more: all.length > limit };
};

const summary = (name: string, createdMs: number) => ({
  StreamName: name,
  StreamARN: streamArn(name),
  StreamStatus: "ACTIVE",
  StreamModeDetails: { StreamMode: "PROVISIONED" },
  StreamCreationTimestamp: new Date(createdMs),
});
/** The service's defaults; the embedded stream keeps at least as long. */
const storage = { RetentionPeriodHours: 24, EnhancedMonitoring: [{ ShardLevelMetrics: [] }], EncryptionType: "NONE" };

const encodeToken = (streamName: string, after: string, nowMs: number): string =>
  Buffer.from(JSON.stringify([1, streamName, after, nowMs])).toString("base64");

const decodeToken = (streamName: string, token: string, nowMs: number): string => {
  const [version, name, after, createdMs] = parseToken(token);
  if (version !== 1 || typeof after !== "string" || typeof createdMs !== "number") throw invalidToken();
  if (name !== streamName) throw streamNotFound(String(name));
  if (nowMs - createdMs > TOKEN_LIFETIME_MS) throw wireError("ExpiredNextTokenException", "NextToken has expired.");
  return after;
};

const parseToken = (token: string): unknown[] => {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    return Array.isArray(parts) ? parts : [];
  } catch {
    throw invalidToken();
  }
};

const invalidToken = () => wireError("InvalidArgumentException", "Invalid NextToken.");
