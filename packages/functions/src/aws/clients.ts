import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { S3Client } from "@aws-sdk/client-s3";
import { SESv2Client } from "@aws-sdk/client-sesv2";
import { SFNClient } from "@aws-sdk/client-sfn";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { type CallLimits, endingInTime, PATIENT_CALLS, type Service } from "./call-limits.ts";

/** A connection inside a region takes a few milliseconds; a packet that is lost is sent again after one second. */
const CONNECT_MS = 2000;
/** A socket on which nothing moves: what is left of an answer whose sender is gone. */
const IDLE_SOCKET_MS = 30_000;
/** More requests at once than this wait for a socket. The adapters have fewer under way. */
const MAX_SOCKETS = 64;

type Environment = Record<string, string | undefined>;

/**
 * What all clients have in common. HTTP/1.1 with connections that are kept alive, for Kinesis too, whose default is HTTP/2:
 * plaintext endpoints do not speak it, and a session is dead after a Lambda sandbox was frozen. Retries are said outright:
 * `AWS_RETRY_MODE` and a shared configuration file change nothing, `AWS_MAX_ATTEMPTS` goes before the limits.
 */
const settings = (service: Service, environment: Environment, { requestMs, attempts, endsMs }: CallLimits) => {
  const handler = new NodeHttpHandler({
    connectionTimeout: CONNECT_MS,
    requestTimeout: requestMs[service],
    throwOnRequestTimeout: true,
    socketTimeout: IDLE_SOCKET_MS,
    httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
  });
  const endpoint = endpointOf(service, environment);
  const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? (endpoint && "us-east-1");
  return {
    ...(endpoint && { endpoint }),
    ...(region && { region }),
    ...credentialsOf(environment),
    retryMode: "standard",
    maxAttempts: Number(environment.AWS_MAX_ATTEMPTS) || attempts,
    requestHandler: endingInTime(handler, endsMs),
  };
};

/** As in every AWS SDK: the service's own variable before the common one. */
const endpointOf = (service: Service, environment: Environment): string | undefined =>
  environment[`AWS_ENDPOINT_URL_${service}`] || environment.AWS_ENDPOINT_URL || undefined;

/** Of an environment that has its own. Otherwise the SDK looks in the usual places, from profiles to roles. */
const credentialsOf = ({ AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }: Environment) => {
  if (AWS_PROFILE || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return {};
  const token = AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {};
  return { credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, ...token } };
};

export const newDynamoClient = (environment: Environment = process.env, limits = PATIENT_CALLS): DynamoDBClient =>
  new DynamoDBClient(settings("DYNAMODB", environment, limits));

/** With an endpoint of its own, buckets are in the path: their names are no host names there. */
export const newS3Client = (environment: Environment = process.env, limits = PATIENT_CALLS): S3Client =>
  new S3Client({ ...settings("S3", environment, limits), forcePathStyle: endpointOf("S3", environment) !== undefined });

export const newKinesisClient = (environment: Environment = process.env, limits = PATIENT_CALLS): KinesisClient =>
  new KinesisClient(settings("KINESIS", environment, limits));

export const newEventBridgeClient = (
  environment: Environment = process.env,
  limits = PATIENT_CALLS,
): EventBridgeClient => new EventBridgeClient(settings("EVENTBRIDGE", environment, limits));

export const newSesClient = (environment: Environment = process.env, limits = PATIENT_CALLS): SESv2Client =>
  new SESv2Client(settings("SESV2", environment, limits));

const newSfnClient = (environment: Environment = process.env, limits = PATIENT_CALLS): SFNClient =>
  new SFNClient(settings("SFN", environment, limits));

const once = <T>(make: (limits?: CallLimits) => T): ((limits?: CallLimits) => T) => {
  let made: T | undefined;
  return (limits) => {
    made ??= make(limits);
    return made;
  };
};

// One of each per sandbox, made when it is first asked for, with the limits of then. Marked as pure, so that the bundle of
// a function has only the clients that it uses.
export const dynamoClient = /* @__PURE__ */ once((limits) => newDynamoClient(undefined, limits));
export const s3Client = /* @__PURE__ */ once((limits) => newS3Client(undefined, limits));
export const kinesisClient = /* @__PURE__ */ once((limits) => newKinesisClient(undefined, limits));
export const eventBridgeClient = /* @__PURE__ */ once((limits) => newEventBridgeClient(undefined, limits));
export const sfnClient = /* @__PURE__ */ once((limits) => newSfnClient(undefined, limits));
