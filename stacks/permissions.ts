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
 * `IfExists`: where there is a prefix, it has to be one of these.
 */
export const getObjects = (bucket: Arn, ...folders: string[]): Statement[] => [
  { actions: ["s3:GetObject"], resources: folders.map((folder) => $interpolate`${bucket}/${folder}/*`) },
  {
    actions: ["s3:ListBucket"],
    resources: [bucket],
    conditions: [{ test: "StringLikeIfExists", variable: "s3:prefix", values: folders.map((folder) => `${folder}/*`) }],
  },
];

export const putRecords = (stream: Arn): Statement => ({ actions: ["kinesis:PutRecords"], resources: [stream] });

/** What Lambda itself does in the function's name for an event-source mapping: SST adds two actions more. */
export const consumeStream = (stream: Arn, failures: Arn): Statement[] => [
  {
    actions: [
      "kinesis:DescribeStream",
      "kinesis:DescribeStreamSummary",
      "kinesis:GetRecords",
      "kinesis:GetShardIterator",
      "kinesis:ListShards",
    ],
    resources: [stream],
  },
  { actions: ["sqs:SendMessage"], resources: [failures] },
];

export const publishEvents = (bus: Arn): Statement => ({ actions: ["events:PutEvents"], resources: [bus] });

/** Who may take the role: the service, and nobody of the account besides, as SST would have it. */
export const trust = (service: "lambda" | "scheduler"): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: `${service}.amazonaws.com` } }],
  });

/** Instead of the managed policy that SST attaches, which may write to every log group of the account. */
export const writeLogs = (logGroup: Arn): Statement => ({
  actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
  resources: [$interpolate`${logGroup}:*`],
});
