import { RetentionRules } from "@tidewatch/core/dataset/retention";
import { AppError } from "@tidewatch/core/errors";
import { z } from "zod";
import { METRIC_NAMESPACE } from "../metrics.ts";

const name = z.string("it must be set").min(1, "it must not be empty");

/**
 * Every variable that a function may get from its stack, and the only way in which names reach it: the table, the bucket of
 * events, models and failed records, the stream of events, the bus of `model.promoted` and its like, the state machine of
 * retrainings.
 */
type Variable = "TABLE_NAME" | "BUCKET_NAME" | "STREAM_NAME" | "BUS_NAME" | "STATE_MACHINE_ARN";

/**
 * Reads the variables that a function uses.
 * @throws AppError VALIDATION that names the variable
 */
export const readEnvironment = <Used extends Variable>(
  used: readonly Used[],
  env: Record<string, string | undefined> = process.env,
): Record<Used, string> => {
  const parsed = z.object(Object.fromEntries(used.map((variable) => [variable, name]))).safeParse(env);
  if (parsed.success) return parsed.data as Record<Used, string>;
  const [issue] = parsed.error.issues;
  const hint = "set it in the environment of the function; `sst deploy` does";
  throw new AppError("VALIDATION", `${issue?.path.join(".")}: ${issue?.message}: ${hint}`);
};

/** Where this deployment's metrics stand: stages of one account have namespaces of their own. */
export const metricNamespace = (env: Record<string, string | undefined> = process.env): string =>
  env.METRIC_NAMESPACE || METRIC_NAMESPACE;

/** How long the archive stays; what is not set stays for ever. */
export const retentionRules = ({ RAW_DAYS, COMPACTED_DAYS } = process.env): RetentionRules =>
  RetentionRules.parse({
    ...(RAW_DAYS && { rawDays: Number(RAW_DAYS) }),
    ...(COMPACTED_DAYS && { compactedDays: Number(COMPACTED_DAYS) }),
  });

/** Who sends mail, and the environment of its client, whose region may be another one; `undefined`: nobody does. */
export const mailSettings = (env: Record<string, string | undefined> = process.env) =>
  env.MAIL_FROM
    ? { from: env.MAIL_FROM, environment: { ...env, AWS_REGION: env.MAIL_REGION || env.AWS_REGION } }
    : undefined;
