import { pipelineFunction } from "./function.ts";
import { getObjects, items, publishEvents, putObjects, putRecords } from "./permissions.ts";
import { settings } from "./settings.ts";
import { bucket, GIVEN_UP, table } from "./storage.ts";
import { stream } from "./stream.ts";
import { bus } from "./training.ts";

/** API Gateway waits 30 seconds for an answer; a function that runs longer answers nobody. */
const API_TIMEOUT_SECONDS = 29;

/** None by default: Lambda keeps 100 runs unreserved, so that an account with a quota below cannot reserve any. */
const reserved = settings.TIDEWATCH_API_CONCURRENCY;

export const api = pipelineFunction("Api", {
  description: "The HTTP API: takes events, answers questions",
  entry: "api",
  timeout: `${API_TIMEOUT_SECONDS} seconds`,
  runsModels: true,
  ...(reserved === undefined ? {} : { concurrency: { reserved } }),
  environment: { TABLE_NAME: table.name, BUCKET_NAME: bucket.name, STREAM_NAME: stream.name, BUS_NAME: bus.name },
  permissions: [
    putRecords(stream.arn),
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem", "BatchWriteItem", "DeleteItem"),
    // Verdicts on logs show raw lines. Failed records and batches are put back on the stream, and marked beside them.
    ...getObjects(
      bucket.arn,
      "events",
      "models",
      "failed",
      GIVEN_UP,
      "datasets",
      "reports",
      "runs",
      "logged-models",
      "uploads",
    ),
    putObjects(bucket.arn, "models", "failed/redriven", "reports", "runs", "logged-models", "uploads"),
    // Tells that a job was ordered.
    publishEvents(bus.arn),
  ],
  // The script of /docs, where a package's files are looked for.
  copyFiles: [{ from: "packages/functions/assets", to: "node_modules/@tidewatch/functions/assets" }],
});

/** All callers together, per second and at once; beyond it API Gateway answers 429. Each key has its own, lower limit. */
const REQUESTS_PER_SECOND = 500;
const REQUESTS_AT_ONCE = 1000;

/** No address, no user agent, and no path or query, which may name what a producer watches: the function logs the route. */
const ACCESS_LOG_FORMAT = JSON.stringify({
  requestTime: "$context.requestTime",
  requestId: "$context.requestId",
  httpMethod: "$context.httpMethod",
  status: "$context.status",
  responseLatency: "$context.responseLatency",
  integrationError: "$context.integrationErrorMessage",
});

/** No CORS: the page comes from the same origin, and no other page may call. */
export const gateway = new sst.aws.ApiGatewayV2("Gateway", {
  cors: false,
  accessLog: { retention: "1 month" },
  transform: {
    stage(args) {
      args.defaultRouteSettings = {
        throttlingRateLimit: REQUESTS_PER_SECOND,
        throttlingBurstLimit: REQUESTS_AT_ONCE,
      };
      args.accessLogSettings = $output(args.accessLogSettings).apply((log) => ({
        destinationArn: log!.destinationArn,
        format: ACCESS_LOG_FORMAT,
      }));
      return undefined;
    },
  },
});
gateway.route("$default", api.arn, { name: "Default" });
