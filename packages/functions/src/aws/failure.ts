import { AppError } from "@tidewatch/core/errors";

/** Names of what passes: throttles, a service or network in trouble, a call whose time was over. */
const PASSING =
  /Throttl|TooManyRequests|ThroughputExceeded|LimitExceeded|RequestLimit|SlowDown|ServiceUnavailable|Internal(Server)?(Error|Failure)|Timeout|TransactionInProgress|ConditionalRequestConflict|BadDigest|ChecksumMismatch|IncompleteBody|AbortError/;
/** Node's names of connections that were not made or were cut. */
const CONNECTION = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH"];
const NOT_ALLOWED = /AccessDenied|NotAuthorized|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch/;
const NO_CREDENTIALS = /ExpiredToken|CredentialsProvider/;
const NOT_THERE = /^(ResourceNotFoundException|NoSuchBucket)$/;

/**
 * What the SDK threw, after its own retries, as a failure of ours. `what` names the thing, as in `table tidewatch-dev`.
 *
 * Whatever the service answers is UNAVAILABLE: no record is to blame for a permission, a name or a service that is in
 * trouble, so that what was called is called again until somebody has put it right. INTERNAL is what nobody answered.
 */
export const awsFailure = (error: unknown, what: string): AppError => {
  if (error instanceof AppError) return error;
  const { name, code, status } = factsOf(error);
  const say = (kind: "UNAVAILABLE" | "INTERNAL", sentence: string) =>
    new AppError(kind, `${what} ${sentence}`, { cause: error });
  if (NO_CREDENTIALS.test(name)) {
    return say("UNAVAILABLE", `cannot be reached without AWS credentials (${name}): set or renew them`);
  }
  if (NOT_ALLOWED.test(name)) {
    return say("UNAVAILABLE", `refused the call (${name}): give the function's role this action`);
  }
  if (NOT_THERE.test(name)) return say("UNAVAILABLE", "is not there: deploy the stage, or correct the name");
  if (PASSING.test(name) || CONNECTION.includes(code) || status >= 500 || status === 429) {
    return say("UNAVAILABLE", `does not answer for now (${name || code}): try again`);
  }
  return say(status > 0 ? "UNAVAILABLE" : "INTERNAL", `refused the call (${name || code || "no reason"})`);
};

/** Runs a call and names its failure. */
export const explained = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw awsFailure(error, what);
  }
};

/** An SDK error by its parts: none of its classes is asked for, as several clients bring their own. */
export const factsOf = (error: unknown): { name: string; code: string; status: number; attempts: number } => {
  if (!(error instanceof Error)) return { name: "", code: "", status: 0, attempts: 1 };
  const metadata = "$metadata" in error ? (error.$metadata as { httpStatusCode?: number; attempts?: number }) : {};
  const code = "code" in error ? String(error.code) : "";
  return { name: error.name, code, status: metadata.httpStatusCode ?? 0, attempts: metadata.attempts ?? 1 };
};
