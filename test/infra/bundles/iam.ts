import type { Call } from "../../support/aws/loopback.ts";
import { arn } from "../engine/aws-account.ts";
import type { Statement } from "../permissions.ts";

/** What a call asks leave for. */
export type Access = { action: string; resource: string; prefix?: string };

/**
 * What IAM would ask for a call of the five services that functions use. One that is not known here is an error, so that
 * none goes through unseen.
 */
export const accessesOf = (call: Call): Access[] => {
  const [api = "", operation = ""] = (call.headers["x-amz-target"] ?? "").split(".");
  if (api === "") return [objectAccess(call)];
  const input = JSON.parse(String(call.body)) as Record<string, unknown>;
  const tables = (names: string[]) => names.map((name) => arn("dynamodb", `table/${name}`));
  if (api.startsWith("DynamoDB_") && operation === "TransactWriteItems") {
    return (input.TransactItems as Record<string, { TableName: string }>[]).flatMap((item) =>
      Object.entries(item).map(([kind, { TableName }]) => {
        const action = kind === "ConditionCheck" ? "ConditionCheckItem" : `${kind}Item`;
        return { action: `dynamodb:${action}`, resource: arn("dynamodb", `table/${TableName}`) };
      }),
    );
  }
  const resources = () => {
    if (api.startsWith("DynamoDB_")) {
      return tables(input.RequestItems ? Object.keys(input.RequestItems) : [String(input.TableName)]);
    }
    if (api.startsWith("Kinesis_")) return [String(input.StreamARN ?? arn("kinesis", `stream/${input.StreamName}`))];
    if (api === "AWSEvents") {
      return (input.Entries as { EventBusName: string }[]).map(({ EventBusName: bus }) =>
        bus.startsWith("arn:") ? bus : arn("events", `event-bus/${bus}`),
      );
    }
    if (api === "AWSStepFunctions") return [String(input.stateMachineArn)];
    throw new Error(`what does ${api}.${operation} ask leave for? Add it to iam.ts`);
  };
  const service = { DynamoDB: "dynamodb", Kinesis: "kinesis", AWSEvents: "events", AWSStepFunctions: "states" }[
    api.replace(/_.*/, "")
  ];
  return resources().map((resource) => ({ action: `${service}:${operation}`, resource }));
};

const objectAccess = ({ method, path, query }: Call): Access => {
  const [, bucket = "", key = ""] = /^\/([^/]+)\/?(.*)$/s.exec(path) ?? [];
  if (key === "" && method === "GET") {
    return { action: "s3:ListBucket", resource: arn("s3", bucket), prefix: query.get("prefix") ?? "" };
  }
  const action = { GET: "GetObject", HEAD: "GetObject", PUT: "PutObject", POST: "PutObject", DELETE: "DeleteObject" }[
    method
  ];
  const isAbort = method === "DELETE" && query.has("uploadId");
  return { action: `s3:${isAbort ? "AbortMultipartUpload" : action}`, resource: arn("s3", `${bucket}/${key}`) };
};

/** S3 tells only who may list the bucket that a key is missing; others are refused. */
export const bucketListing = ({ action, resource }: Access): Access[] =>
  action === "s3:GetObject" ? [{ action: "s3:ListBucket", resource: resource.replace(/\/.*/s, "") }] : [];

/** IAM's rule for an identity policy without denials: some statement allows it. */
export const isAllowed = (statements: readonly Statement[], access: Access): boolean =>
  statements.some(
    ({ Effect, Action = [], Resource = [], Condition = {} }) =>
      Effect === "Allow" &&
      [Action].flat().some((pattern) => fits(pattern, access.action)) &&
      [Resource].flat().some((pattern) => fits(pattern, access.resource)) &&
      Object.entries(Condition).every(([test, values]) => holds(test, values, access)),
  );

const holds = (test: string, values: Record<string, string | string[]>, { prefix }: Access): boolean =>
  Object.entries(values).every(([key, patterns]) => {
    if (key !== "s3:prefix" || !/^StringLike(IfExists)?$/.test(test)) throw new Error(`cannot judge ${test} ${key}`);
    if (prefix === undefined) return test.endsWith("IfExists");
    return [patterns].flat().some((pattern) => fits(pattern, prefix));
  });

/** IAM's wildcards: `*` is any text, `?` one character. */
const fits = (pattern: string, text: string): boolean => {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "s").test(text);
};
