import { AppError } from "@tidewatch/core/errors";
import { expect, test } from "vitest";
import { awsFailure } from "./failure.ts";

/** As the SDK makes them: a name, perhaps Node's code, and the status of the answer. */
const sdkError = (name: string, more: { code?: string; status?: number } = {}): Error =>
  Object.assign(new Error("said the service"), {
    name,
    ...(more.code && { code: more.code }),
    $metadata: { httpStatusCode: more.status ?? 400 },
  });
const codeOf = (error: unknown) => awsFailure(error, "table t").code;

test("throttles, time-outs, cut connections and a service in trouble pass", () => {
  const names = [
    ...["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "SlowDown"],
    ...["LimitExceededException", "KMSThrottlingException", "InternalServerError", "InternalFailure", "TimeoutError"],
    ...["RequestTimeout", "ServiceUnavailable", "BadDigest"],
  ];
  for (const name of names) expect([name, codeOf(sdkError(name))]).toEqual([name, "UNAVAILABLE"]);
  for (const code of ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOTFOUND"]) {
    expect([code, codeOf(sdkError("Error", { code }))]).toEqual([code, "UNAVAILABLE"]);
  }
  expect(codeOf(sdkError("Unknown", { status: 502 }))).toBe("UNAVAILABLE");
  expect(codeOf(sdkError("Unknown", { status: 429 }))).toBe("UNAVAILABLE");
});

test("what waits for somebody passes too, as no record is to blame, and says the next step", () => {
  const messageOf = (name: string) => {
    const { code, message } = awsFailure(sdkError(name), "table t");
    return `${code}: ${message}`;
  };
  expect([
    messageOf("AccessDeniedException"),
    messageOf("ResourceNotFoundException"),
    messageOf("CredentialsProviderError"),
    messageOf("ValidationException"),
  ]).toEqual([
    "UNAVAILABLE: table t refused the call (AccessDeniedException): give the function's role this action",
    "UNAVAILABLE: table t is not there: deploy the stage, or correct the name",
    "UNAVAILABLE: table t cannot be reached without AWS credentials (CredentialsProviderError): set or renew them",
    "UNAVAILABLE: table t refused the call (ValidationException)",
  ]);
});

test("keeps a failure that has a name already, and the cause of one that had none", () => {
  const ours = new AppError("TOO_LARGE", "too large");
  expect(awsFailure(ours, "table t")).toBe(ours);
  const theirs = sdkError("SlowDown");
  expect(awsFailure(theirs, "bucket b").cause).toBe(theirs);
  expect(codeOf("not even an error")).toBe("INTERNAL");
  expect(codeOf(new TypeError("a fault of ours"))).toBe("INTERNAL");
});
