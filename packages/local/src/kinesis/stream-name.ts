import type { Fields } from "./fields.ts";
import { type WireError, wireError } from "./wire-error.ts";

/** Accounts and regions mean nothing on one machine; these stand in ARNs and messages. */
export const ACCOUNT_ID = "000000000000";
const REGION = "us-east-1";
const NAME = { min: 1, max: 128, pattern: /[a-zA-Z0-9_.-]+/ };
const ARN = { min: 1, max: 2048, pattern: /arn:aws.*:kinesis:.*:\d{12}:stream\/\S+/ };

export const streamArn = (name: string): string => `arn:aws:kinesis:${REGION}:${ACCOUNT_ID}:stream/${name}`;

/** Which stream a request means, by name, by ARN (of any account and region) or by both. */
export const readStreamName = (fields: Fields): { name: string | undefined; conflicting: boolean } => {
  const name = fields.string("StreamName", NAME);
  const fromArn = fields.string("StreamARN", ARN)?.split(":stream/")[1];
  const conflicting = name !== undefined && fromArn !== undefined && name !== fromArn;
  return { name: name ?? fromArn, conflicting };
};

/** Checks all constraints read so far, then that the request means the stream served here. */
export const requireStream = (fields: Fields, served: string): void => {
  const { name, conflicting } = readStreamName(fields);
  fields.check();
  if (conflicting) throw wireError("InvalidArgumentException", "StreamName and StreamARN name different streams.");
  if (name === undefined) {
    throw wireError("InvalidArgumentException", "Either StreamName or StreamARN should be provided.");
  }
  if (name !== served) throw streamNotFound(name);
};

export const streamNotFound = (name: string): WireError =>
  wireError("ResourceNotFoundException", `Stream ${name} under account ${ACCOUNT_ID} not found.`);
