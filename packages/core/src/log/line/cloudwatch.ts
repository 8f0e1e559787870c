import { AppError } from "../../errors.ts";

/** A line as CloudWatch Logs delivers it. `entity` is its log group, `stream` tells the writers of a group apart. */
export type CloudWatchLine = { entity: string; stream: string; timestampMs: number; message: string };

/**
 * The lines of a CloudWatch Logs subscription record, after base64 and gzip. Control messages have none. Throws
 * `VALIDATION` on what is no such record. Source: AWS, "Real-time processing of log data with subscriptions".
 */
export const cloudWatchLines = (json: string): CloudWatchLine[] => {
  const record = parse(json);
  if (record.messageType === "CONTROL_MESSAGE") return [];
  const { messageType, logGroup, logStream, logEvents } = record;
  if (messageType !== "DATA_MESSAGE" || typeof logGroup !== "string" || !Array.isArray(logEvents)) throw notOne();
  return logEvents.map((event) => {
    const { timestamp, message } = (event ?? {}) as Record<string, unknown>;
    if (typeof timestamp !== "number" || typeof message !== "string") throw notOne();
    return { entity: logGroup, stream: String(logStream ?? ""), timestampMs: timestamp, message };
  });
};

const parse = (json: string): Record<string, unknown> => {
  try {
    return Object(JSON.parse(json));
  } catch {
    throw notOne();
  }
};

const notOne = () =>
  new AppError("VALIDATION", "not a CloudWatch Logs subscription record: messageType, logGroup, logEvents are needed");
