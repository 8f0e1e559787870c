import { AppError } from "@tidewatch/core/errors";
import type { Blobs, Bus, Clock, EventStream, Mailer, Table } from "@tidewatch/core/store/ports";
import { PATIENT } from "../aws/backoff.ts";
import { type CallLimits, CONSUMER_CALLS } from "../aws/call-limits.ts";
import { dynamoClient, eventBridgeClient, kinesisClient, newSesClient, s3Client, sfnClient } from "../aws/clients.ts";
import { dynamoTable } from "../aws/dynamo-table.ts";
import { eventBridgeBus } from "../aws/event-bridge-bus.ts";
import { kinesisStream } from "../aws/kinesis-stream.ts";
import { s3Blobs } from "../aws/s3-blobs.ts";
import { executionStarter } from "../aws/step-functions.ts";
import { sesMailer } from "../mail/ses-mailer.ts";
import type { StartExecution } from "../retrain-start-handler.ts";
import { callsEndMs } from "./deadline.ts";
import { mailSettings, readEnvironment } from "./environment.ts";

/**
 * The ports of a function, from the names in its environment. An entry file calls those that it uses while it is loaded:
 * clients and connections are made once per sandbox, and a name that is missing shows at the first start.
 */
export const clock: Clock = Date.now;

/** Every call and every series of tries ends in time for the invocation to say so. */
const backoff = { ...PATIENT, endsMs: callsEndMs };
const inTime = (limits: CallLimits): CallLimits => ({ ...limits, endsMs: callsEndMs });

export const tablePort = (limits = CONSUMER_CALLS): Table => {
  const tableName = readEnvironment(["TABLE_NAME"]).TABLE_NAME;
  return dynamoTable({ client: dynamoClient(inTime(limits)), tableName, clock, backoff });
};

export const blobsPort = (limits = CONSUMER_CALLS): Blobs =>
  s3Blobs({ client: s3Client(inTime(limits)), bucket: readEnvironment(["BUCKET_NAME"]).BUCKET_NAME, backoff });

export const streamPort = (limits = CONSUMER_CALLS): EventStream => {
  const streamName = readEnvironment(["STREAM_NAME"]).STREAM_NAME;
  return kinesisStream({ client: kinesisClient(inTime(limits)), streamName, backoff });
};

export const busPort = (limits = CONSUMER_CALLS): Bus =>
  eventBridgeBus({
    client: eventBridgeClient(inTime(limits)),
    busName: readEnvironment(["BUS_NAME"]).BUS_NAME,
    backoff,
  });

export const stateMachinePort = (limits = CONSUMER_CALLS): StartExecution =>
  executionStarter({
    client: sfnClient(inTime(limits)),
    stateMachineArn: readEnvironment(["STATE_MACHINE_ARN"]).STATE_MACHINE_ARN,
  });

/** Through SES, where the deployment has a sender. */
export const mailerPort = (limits = CONSUMER_CALLS): Mailer => {
  const settings = mailSettings();
  if (!settings) return noMailer;
  const client = newSesClient(settings.environment, inTime(limits));
  return sesMailer({ client, from: settings.from, clock });
};

const noMailer: Mailer = {
  send: async () => {
    throw new AppError("CONFLICT", "this deployment has no sender of mail: set TIDEWATCH_MAIL_FROM and deploy again");
  },
};
