type Statement = sst.aws.FunctionPermissionArgs;
type Arn = $util.Input<string>;

/**
 * What the adapters in packages/functions/src/aws call, and nothing else. SST's `link` would grant `dynamodb:*`, `s3:*`
 * and `kinesis:*` instead.
 */
type ItemAction = "BatchGetItem" | "BatchWriteItem" | "DeleteItem" | "GetItem" | "PutItem" | "Query";
/** Puts on a condition are `PutItem`, and `GetItem` to see whether one whose answer was lost has been applied. */
export const items = (table: Arn, ...actions: ItemAction[]): Statement => ({
  actions: actions.map((action) => `dynamodb:${action}`),
  resources: [table],
});

export const putObjects = (bucket: Arn, ...folders: string[]): Statement => ({
  actions: ["s3:PutObject", "s3:AbortMultipartUpload"],
  resources: folders.map((folder) => $interpolate`${bucket}/${folder}/*`),
});

/**
 * S3 says "no such key" only to who may list the bucket, "forbidden" to others. That check knows no prefix, hence
 * `IfExists`: a list below a prefix has to be below one of these. A list without a prefix passes as well, since IAM cannot
 * tell it from that check: names of all objects can be seen, their contents only in these folders.
 */
export const getObjects = (bucket: Arn, ...folders: string[]): Statement[] => [
  { actions: ["s3:GetObject"], resources: folders.map((folder) => $interpolate`${bucket}/${folder}/*`) },
  {
    actions: ["s3:ListBucket"],
    resources: [bucket],
    conditions: [{ test: "StringLikeIfExists", variable: "s3:prefix", values: folders.map((folder) => `${folder}/*`) }],
  },
];

export const removeObjects = (bucket: Arn, ...folders: string[]): Statement => ({
  actions: ["s3:DeleteObject"],
  resources: folders.map((folder) => $interpolate`${bucket}/${folder}/*`),
});

export const putRecords = (stream: Arn): Statement => ({ actions: ["kinesis:PutRecords"], resources: [stream] });

/** One by one, as CloudWatch Logs does it; as a policy document, since its role is not a function's. */
export const putRecord = (stream: Arn): $util.Output<string> =>
  $jsonStringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "kinesis:PutRecord", Resource: stream }],
  });

/** What Lambda itself does in the function's name for an event-source mapping: SST adds two actions more. */
export const consumeStream = (stream: Arn): Statement => ({
  actions: [
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
  ],
  resources: [stream],
});

/**
 * Likewise, for batches that the mapping gives up. AWS asks for `s3:ListBucket` without a condition and does not say what
 * for: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export const keepGivenUp = (bucket: Arn, folder: string): Statement[] => [
  { actions: ["s3:PutObject"], resources: [$interpolate`${bucket}/${folder}/*`] },
  { actions: ["s3:ListBucket"], resources: [bucket] },
];

export const publishEvents = (bus: Arn): Statement => ({ actions: ["events:PutEvents"], resources: [bus] });

export const startExecutions = (stateMachine: Arn): Statement => ({
  actions: ["states:StartExecution"],
  resources: [stateMachine],
});

const { accountId } = aws.getCallerIdentityOutput();
const { region } = aws.getRegionOutput();

/**
 * What a state machine with a distributed map does, as a policy document, since its role is not a function's. The map starts
 * executions of the machine itself, whose ARN is not known before it is there:
 * https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
 */
export const runMachine = (name: string, functions: Arn[], plans: Arn): $util.Output<string> => {
  const own = (kind: string) => $interpolate`arn:aws:states:${region}:${accountId}:${kind}:${name}`;
  const allow = (Action: string | string[], Resource: Arn | Arn[]) => ({ Effect: "Allow", Action, Resource });
  return $jsonStringify({
    Version: "2012-10-17",
    Statement: [
      allow("lambda:InvokeFunction", functions),
      allow("s3:GetObject", plans),
      allow("states:StartExecution", own("stateMachine")),
      allow(["states:DescribeExecution", "states:StopExecution"], $interpolate`${own("execution")}:*`),
    ],
  });
};

/**
 * For whom a service may act. Lambda takes no role of another account in the first place, and does not promise to send a source
 * account when it polls a stream. CloudWatch Logs tells the log group:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 */
const CONDITIONS = {
  lambda: {},
  scheduler: { Condition: { StringEquals: { "aws:SourceAccount": accountId } } },
  states: { Condition: { StringEquals: { "aws:SourceAccount": accountId } } },
  logs: { Condition: { StringLike: { "aws:SourceArn": $interpolate`arn:aws:logs:${region}:${accountId}:*` } } },
};

/** SES asks for it for a raw message, also of its second API. @param identity a domain or an address that SES has verified */
export const sendMail = (identity: string, mailRegion?: string): Statement => ({
  actions: ["ses:SendRawEmail"],
  resources: [$interpolate`arn:aws:ses:${mailRegion ?? region}:${accountId}:identity/${identity}`],
});

/** Who may take the role: the service, for this account, and nobody of the account besides, as SST would have it. */
export const trust = (service: keyof typeof CONDITIONS): $util.Output<string> =>
  $jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        ...{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: `${service}.amazonaws.com` } },
        ...CONDITIONS[service],
      },
    ],
  });

/** Instead of the managed policy that SST attaches, which may write to every log group of the account. */
export const writeLogs = (logGroup: Arn): Statement => ({
  actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
  resources: [$interpolate`${logGroup}:*`],
});
