import { isForLogsAt } from "@tidewatch/functions/log-records";
import type { ProbeModule } from "../consumer/handler-module.ts";

/** Metric events are told by their first bytes, where they lie in the stream's file. */
export const wants: ProbeModule["wants"] = isForLogsAt;
