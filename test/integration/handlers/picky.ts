import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import type { HandlerModule } from "@tidewatch/local/consumer/handler-module";

/**
 * A handler with faults to order. It notes each record of a batch that it accepts in the file `log`, refuses a batch
 * that holds `poison`, reports the first `reported` as failed, and ends its thread once at the first `crash`.
 */
export const createHandler: HandlerModule["createHandler"] = ({ options }) => {
  const log = String(options.log);
  return async (event) => {
    const records = event.Records.map(({ kinesis }) => ({
      sequenceNumber: kinesis.sequenceNumber,
      text: Buffer.from(kinesis.data, "base64").toString(),
    }));
    if (records.some(({ text }) => text.includes("crash")) && !existsSync(`${log}.crashed`)) {
      writeFileSync(`${log}.crashed`, "");
      process.exit(3);
    }
    if (records.some(({ text }) => text.includes("poison"))) throw new Error("cannot stomach this");
    const at = records.findIndex(({ text }) => text.includes("reported"));
    const accepted = at === -1 ? records : records.slice(0, at);
    if (accepted.length > 0) appendFileSync(log, accepted.map(({ text }) => `${text}\n`).join(""));
    return { batchItemFailures: at === -1 ? [] : [{ itemIdentifier: records[at]!.sequenceNumber }] };
  };
};
