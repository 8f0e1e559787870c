import { gzipSync } from "node:zlib";

export { inflate } from "@tidewatch/functions/inflate";

/** A log event as CloudWatch Logs packs it. */
export const packedLine = (message: string, timestamp = Date.UTC(2026, 10, 20, 23, 59, 59)) => ({
  id: "36",
  timestamp,
  message,
});

/** A record of a CloudWatch Logs subscription; without lines a control message. */
export const packed = (
  logEvents: readonly ReturnType<typeof packedLine>[] | undefined,
  form: "gzip" | "base64" = "gzip",
): Uint8Array => {
  const names = { owner: "123456789012", logGroup: "/aws/lambda/f", logStream: "s" };
  const text = JSON.stringify(
    logEvents
      ? { messageType: "DATA_MESSAGE", ...names, logEvents }
      : { messageType: "CONTROL_MESSAGE", logEvents: [] },
  );
  const bytes = gzipSync(text);
  return new Uint8Array(form === "gzip" ? bytes : Buffer.from(bytes.toString("base64")));
};
