import type { Blobs, Bus, Clock, EventStream, Table } from "@tidewatch/core/store/ports";
import { dynamoClient, eventBridgeClient, kinesisClient, s3Client } from "../aws/clients.ts";
import { dynamoTable } from "../aws/dynamo-table.ts";
import { eventBridgeBus } from "../aws/event-bridge-bus.ts";
import { kinesisStream } from "../aws/kinesis-stream.ts";
import { s3Blobs } from "../aws/s3-blobs.ts";
import { readEnvironment } from "./environment.ts";

/**
 * The ports of a function, from the names in its environment. An entry file calls those that it uses while it is loaded:
 * clients and connections are made once per sandbox, and a name that is missing shows at the first start.
 */
export const clock: Clock = Date.now;

export const tablePort = (): Table =>
  dynamoTable({ client: dynamoClient(), tableName: readEnvironment(["TABLE_NAME"]).TABLE_NAME, clock });

export const blobsPort = (): Blobs =>
  s3Blobs({ client: s3Client(), bucket: readEnvironment(["BUCKET_NAME"]).BUCKET_NAME });

export const streamPort = (): EventStream =>
  kinesisStream({ client: kinesisClient(), streamName: readEnvironment(["STREAM_NAME"]).STREAM_NAME });

export const busPort = (): Bus =>
  eventBridgeBus({ client: eventBridgeClient(), busName: readEnvironment(["BUS_NAME"]).BUS_NAME });
