import { MEMORY_MEGABYTES } from "../packages/functions/src/memory-sizes.ts";
import { metricNamespace } from "./metrics.ts";
import { trust, writeLogs } from "./permissions.ts";
import { DUCKDB_FILES, ONNX_RUNTIME_FILES } from "./runtime.ts";
import { nameOf } from "./settings.ts";

/** Long enough to compare with last month; logs of events are in the archive, not here. */
const LOG_RETENTION_DAYS = 30;

type FunctionOptions = Pick<sst.aws.FunctionArgs, "description" | "retries" | "concurrency" | "storage"> & {
  /** `packages/functions/src/lambda/<entry>.ts`, which exports `handler`. */
  entry: keyof typeof MEMORY_MEGABYTES;
  timeout: `${number} seconds`;
  /** The names of what it uses: the only way in which they reach it. */
  environment: Record<string, $util.Input<string>>;
  permissions: sst.aws.FunctionPermissionArgs[];
  /** Folders whose files the code reads at run time. (SST packs a single file twice.) */
  copyFiles?: { from: string; to?: string }[];
  /** Runs models: ONNX Runtime is packed beside the bundle. */
  runsModels?: boolean;
  /** Reads the archive: DuckDB is packed beside the bundle. */
  usesDuckDb?: boolean;
};

/** A function of the pipeline: its own log group, and a role that may do what is listed here and nothing else. */
export const pipelineFunction = (name: string, options: FunctionOptions): sst.aws.Function => {
  const { entry, permissions, environment, runsModels = false, usesDuckDb = false, copyFiles = [], ...rest } = options;
  const logs = new aws.cloudwatch.LogGroup(`${name}Logs`, {
    name: `/aws/lambda/${nameOf(entry)}`,
    retentionInDays: LOG_RETENTION_DAYS,
  });
  return new sst.aws.Function(name, {
    ...rest,
    handler: `packages/functions/src/lambda/${entry}.handler`,
    memory: `${MEMORY_MEGABYTES[entry]} MB`,
    environment: { ...environment, METRIC_NAMESPACE: metricNamespace },
    permissions: [...permissions, writeLogs(logs.arn)],
    nodejs: {
      // As it is, 2 MB instead of 1: the frames of a failure name our functions, and there is no map of 4 MB to load for it.
      minify: false,
      esbuild: {
        external: [...(runsModels ? ["onnxruntime-node"] : []), ...(usesDuckDb ? ["@duckdb/node-bindings"] : [])],
      },
    },
    copyFiles: [...copyFiles, ...(runsModels ? ONNX_RUNTIME_FILES : []), ...(usesDuckDb ? DUCKDB_FILES : [])],
    // Powertools writes whole JSON lines; Lambda's JSON format would wrap them once more.
    logging: { logGroup: logs.name, format: "text" },
    transform: { role: { managedPolicyArns: [], assumeRolePolicy: trust("lambda") } },
  });
};
