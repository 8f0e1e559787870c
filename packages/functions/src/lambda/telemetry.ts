import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import type { LogEntry } from "../api/ports.ts";
import { failureFacts } from "../failure.ts";
import { METRICS, type MetricValues, type Service } from "../metrics.ts";
import { beginInvocation } from "./deadline.ts";
import { metricNamespace } from "./environment.ts";

/** Log lines and metrics of one function, made once per sandbox. What they may hold: see `failureFacts` and the callers. */
export const telemetryOf = <S extends Service>(service: S) => {
  const logger = new Logger({ serviceName: service });
  const metrics = new Metrics({ namespace: metricNamespace(), serviceName: service });
  let invocation = { requestId: "", startMs: 0, coldStart: true };
  let invocations = 0;

  return {
    /** Writes one line of JSON, with the request's id. */
    log({ level, ...entry }: LogEntry): void {
      logger[level](entry);
    },

    /**
     * Writes what an invocation came to: one line in CloudWatch's embedded metric format, that counts `values` and shows
     * `properties`. It is the invocation's log line, too.
     */
    count(message: string, values: MetricValues<S>, properties: Record<string, unknown>): void {
      for (const [name, unit] of Object.entries(METRICS[service])) {
        metrics.addMetric(name, unit, values[name as keyof MetricValues<S>]);
      }
      const { requestId, startMs, coldStart } = invocation;
      const durationMs = Math.round(performance.now() - startMs);
      const shown = { message, function_request_id: requestId, coldStart, durationMs, ...properties };
      // Typed as text, but written as the JSON that it is.
      for (const [key, value] of Object.entries(shown)) metrics.addMetadata(key, value as string);
      metrics.publishStoredMetrics();
    },

    /**
     * A handler whose failures are logged once, with the next step, and thrown so that Lambda's rules apply. What is thrown
     * says nothing but the code: Lambda logs that by itself, message and all. What the ports call ends before its time does,
     * so that a service that hangs is such a failure too.
     */
    observe:
      <Event, Result>(handler: (event: Event, context: Context) => Promise<Result>) =>
      async (event: Event, context: Context): Promise<Result> => {
        logger.addContext(context);
        beginInvocation(context.getRemainingTimeInMillis());
        invocation = {
          requestId: context.awsRequestId,
          startMs: performance.now(),
          coldStart: invocations++ === 0,
        };
        try {
          return await handler(event, context);
        } catch (failure) {
          const facts = failureFacts(failure);
          logger.error({ message: `${service} failed`, ...facts });
          throw told(service, facts.code);
        }
      },
  };
};
export type Telemetry<S extends Service> = ReturnType<typeof telemetryOf<S>>;

const told = (service: Service, code: string): Error => {
  const error = new Error(`${service} failed: ${code}; the log line before this one has the reason`);
  error.name = code;
  error.stack = `${code}: ${error.message}`;
  return error;
};
