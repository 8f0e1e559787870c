import type { RequestEntry } from "../api/http/request-log.ts";
import type { LogEntry } from "../api/ports.ts";
import { failureFacts } from "../failure.ts";
import type { MetricValues } from "../metrics.ts";
import type { Telemetry } from "./telemetry.ts";

/** The API's log on Lambda: a request becomes its metrics and its line at once, other entries a line. */
export const apiLog =
  ({ log, count }: Pick<Telemetry<"api">, "log" | "count">) =>
  (entry: LogEntry | RequestEntry): void => {
    const { failure, ...told } = entry;
    const facts = failure === undefined ? {} : { failure: failureFacts(failure) };
    if (isRequest(entry)) {
      const { message, ...properties } = told;
      count(message, requestMetrics(entry), { ...properties, ...facts });
    } else log({ ...told, ...facts } as LogEntry);
  };

const isRequest = (entry: LogEntry | RequestEntry): entry is RequestEntry => entry.message === "request";

const requestMetrics = ({ status, events }: RequestEntry): MetricValues<"api"> => ({
  Requests: 1,
  Succeeded: status < 400 ? 1 : 0,
  ClientErrors: status >= 400 && status < 500 ? 1 : 0,
  ServerErrors: status >= 500 ? 1 : 0,
  EventsAccepted: events?.accepted ?? 0,
  EventsRejected: events?.rejected ?? 0,
});
