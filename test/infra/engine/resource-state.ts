import { AWS, arn } from "./aws-account.ts";

export type ResourceRequest = { type: string; name: string; inputs: Record<string, unknown>; importId?: string };
type Attributes = { id?: string } & Record<string, unknown>;

/**
 * What AWS would answer to the creation of a resource: its id, and its inputs together with the computed attributes that
 * SST's components read. The rule at the end covers the types that have only a name and an ARN.
 */
export const resourceState = ({ type, name, inputs, importId }: ResourceRequest) => {
  const given = inputs.name ?? inputs.bucket ?? inputs.function;
  const physicalName = typeof given === "string" ? given : name;
  const { id, ...attributes } = (COMPUTED[type] ?? named(type))(physicalName, inputs, name);
  return { id: importId || id || physicalName, state: { ...inputs, ...attributes } };
};

type Computed = (physicalName: string, inputs: Record<string, unknown>, name: string) => Attributes;
const { region } = AWS;

const bucket: Computed = (name) => {
  const key = name.toLowerCase();
  return {
    ...{ id: key, bucket: key, arn: arn("s3", key), region, hostedZoneId: "Z1BKCTXD74EZPE" },
    bucketDomainName: `${key}.s3.amazonaws.com`,
    bucketRegionalDomainName: `${key}.s3.${region}.amazonaws.com`,
  };
};

const lambdaFunction: Computed = (name) => {
  const functionArn = arn("lambda", `function:${name}`);
  const invocation = (version: string, suffix: string) =>
    `arn:${AWS.partition}:apigateway:${region}:lambda:path/${version}/functions/${functionArn}/${suffix}`;
  return {
    ...{ name, arn: functionArn, version: "1", qualifiedArn: `${functionArn}:1` },
    invokeArn: invocation("2015-03-31", "invocations"),
    responseStreamingInvokeArn: invocation("2021-11-15", "response-streaming-invocations"),
  };
};

const distribution: Computed = (_, __, name) => {
  const id = `E${name.toUpperCase()}`;
  const domainName = `${name.toLowerCase()}.cloudfront.net`;
  return { id, arn: arn("cloudfront", `distribution/${id}`), domainName, hostedZoneId: "Z2FDTNDATAQYW2", etag: "1" };
};

const httpApi: Computed = (_, __, name) => {
  const id = name.toLowerCase();
  const apiEndpoint = `https://${id}.execute-api.${region}.amazonaws.com`;
  return { id, apiEndpoint, executionArn: arn("execute-api", id), arn: arn("apigateway", `/apis/${id}`) };
};

const queue: Computed = (name) => {
  const url = `https://sqs.${region}.amazonaws.com/${AWS.account}/${name}`;
  return { id: url, name, url, arn: arn("sqs", name) };
};

/** A resource whose id is its ARN. */
const byArn =
  (service: string, kind = ""): Computed =>
  (name) => ({ id: arn(service, `${kind}${name}`), name, arn: arn(service, `${kind}${name}`) });

/** A resource whose id is its name. */
const byName =
  (service: string, kind: string, more: Record<string, unknown> = {}): Computed =>
  (name) => ({ name, arn: arn(service, `${kind}${name}`), ...more });

const COMPUTED: Record<string, Computed> = {
  "aws:s3/bucket:Bucket": bucket,
  "aws:s3/bucketV2:BucketV2": bucket,
  "aws:dynamodb/table:Table": (name, { streamEnabled }) => ({
    ...{ name, arn: arn("dynamodb", `table/${name}`) },
    streamArn: streamEnabled ? arn("dynamodb", `table/${name}/stream/2026-01-01T00:00:00.000`) : "",
  }),
  "aws:kinesis/stream:Stream": byName("kinesis", "stream/"),
  "aws:sqs/queue:Queue": queue,
  "aws:sns/topic:Topic": byArn("sns"),
  "aws:lambda/function:Function": lambdaFunction,
  "aws:lambda/functionUrl:FunctionUrl": (_, __, name) => ({
    functionUrl: `https://${name.toLowerCase()}.lambda-url.${region}.on.aws/`,
  }),
  "aws:lambda/eventSourceMapping:EventSourceMapping": (_, __, name) => ({
    ...{ id: name, uuid: name, arn: arn("lambda", `event-source-mapping:${name}`) },
  }),
  "aws:iam/role:Role": byName("iam", "role/", { uniqueId: "AROAOFFLINE" }),
  "aws:iam/policy:Policy": byArn("iam", "policy/"),
  "aws:acm/certificate:Certificate": (_, { domainName }, name) => ({
    ...{ id: arn("acm", `certificate/${name}`), arn: arn("acm", `certificate/${name}`) },
    domainValidationOptions: [
      {
        domainName,
        resourceRecordName: `_validation.${String(domainName)}.`,
        resourceRecordType: "CNAME",
        resourceRecordValue: "_validation.acm-validations.aws.",
      },
    ],
  }),
  "aws:cloudwatch/logGroup:LogGroup": byName("logs", "log-group:"),
  "aws:cloudwatch/metricAlarm:MetricAlarm": byName("cloudwatch", "alarm:"),
  "aws:cloudwatch/eventBus:EventBus": byName("events", "event-bus/"),
  "aws:cloudwatch/eventRule:EventRule": byName("events", "rule/"),
  "aws:route53/record:Record": (name, { type, zoneId }) => ({ id: `${String(zoneId)}_${name}_${String(type)}` }),
  "aws:sfn/stateMachine:StateMachine": byArn("states", "stateMachine:"),
  "aws:scheduler/schedule:Schedule": byName("scheduler", "schedule/default/"),
  "aws:scheduler/scheduleGroup:ScheduleGroup": byName("scheduler", "schedule-group/"),
  "aws:apigatewayv2/api:Api": httpApi,
  "aws:apigatewayv2/stage:Stage": (_, { name, apiId }) => ({
    invokeUrl: `https://${String(apiId)}.execute-api.${region}.amazonaws.com/`,
    arn: arn("apigateway", `/apis/${String(apiId)}/stages/${String(name)}`),
    executionArn: arn("execute-api", `${String(apiId)}/${String(name)}`),
  }),
  "aws:cloudfront/distribution:Distribution": distribution,
  "aws:cloudfront/keyValueStore:KeyValueStore": byName("cloudfront", "key-value-store/", { etag: "1" }),
  "aws:cloudfront/function:Function": byName("cloudfront", "function/", { etag: "1", liveStageEtag: "1" }),
  "random:index/randomBytes:RandomBytes": (_, { length }) => {
    const bytes = Buffer.alloc(Number(length ?? 32), 7);
    return { base64: bytes.toString("base64"), hex: bytes.toString("hex") };
  },
  "random:index/randomPassword:RandomPassword": (_, { length }) => ({ result: "p".repeat(Number(length ?? 16)) }),
  "random:index/randomId:RandomId": () => ({ hex: "abcdef01", b64Url: "q83vAQ", dec: "2882400001" }),
  "command:local:Command": () => ({ stdout: "", stderr: "" }),
};

/** `aws:service/kind:Kind` → a name and an ARN. Other providers' resources keep just their inputs. */
const named = (type: string): Computed => {
  const [provider = "", module = "", kind = ""] = type.split(":");
  if (provider !== "aws") return () => ({});
  return (name, inputs) => ({
    name: inputs.name ?? name,
    arn: inputs.arn ?? arn(module.split("/")[0] ?? module, `${kind.toLowerCase()}/${name}`),
  });
};
