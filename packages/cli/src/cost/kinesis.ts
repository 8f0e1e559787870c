import { AWS, DEPLOYMENT } from "./deployment.ts";
import { figure } from "./figure.ts";
import type { Flow } from "./flow.ts";
import { BYTES_PER_GB, type Line, lineOf } from "./line.ts";
import type { LogFlow } from "./log-flow.ts";
import type { PriceTable } from "./prices.ts";
import { HOURS_PER_MONTH } from "./workload.ts";

const KB = 1024;
const FREE_HOURS = 24;
/** Scorer, log stage and archive: Lambda reads all records for each of them, and filters afterwards. */
const CONSUMERS = 3;

/** Records are billed in whole kilobytes, on the way in for sure; on the way out AWS leaves it open, so there too. */
export const kinesisLines = ({ events, archive, logs, measured }: Flow, prices: PriceTable): Line[] => {
  const kilobytes = Math.ceil(measured.eventBytes / KB);
  const gb = (events * kilobytes * KB) / BYTES_PER_GB;
  const bytes = `${figure(events)} events × ${kilobytes} KB (${measured.eventBytes} bytes rounded up)`;
  const keptHours = DEPLOYMENT.retentionHours - FREE_HOURS;
  const callers = CONSUMERS * archive.activeShards;
  return [
    lineOf("Kinesis", "the stream", `${HOURS_PER_MONTH} hours`, HOURS_PER_MONTH, prices.kinesisStream),
    lineOf("Kinesis", "data in", bytes, gb, prices.kinesisIn),
    lineOf("Kinesis", "data out", `the same × ${CONSUMERS} consumers`, gb * CONSUMERS, prices.kinesisOut),
    lineOf(
      "Kinesis",
      `kept ${DEPLOYMENT.retentionHours} hours`,
      `${figure(gb)} GB × ${keptHours} of ${HOURS_PER_MONTH} hours beyond the first ${FREE_HOURS}`,
      (gb * keptHours) / HOURS_PER_MONTH,
      prices.kinesisRetention,
    ),
    lineOf(
      "Kinesis",
      "encryption (KMS)",
      `${callers} sandboxes × ${AWS.kmsCallsPerHour} calls × ${HOURS_PER_MONTH} hours`,
      callers * AWS.kmsCallsPerHour * HOURS_PER_MONTH,
      prices.kmsCalls,
    ),
    ...(logs ? lineLines(logs, prices) : []),
  ];
};

/** Each line is a record. */
const lineLines = ({ lines, eventBytes }: LogFlow, prices: PriceTable): Line[] => {
  const kilobytes = Math.ceil(eventBytes / KB);
  const gb = (lines * kilobytes * KB) / BYTES_PER_GB;
  const bytes = `${figure(lines)} lines × ${kilobytes} KB (${eventBytes} bytes rounded up)`;
  const keptHours = DEPLOYMENT.retentionHours - FREE_HOURS;
  const kept = `${figure(gb)} GB × ${keptHours} of ${HOURS_PER_MONTH} hours`;
  return [
    lineOf("Kinesis", "log lines in", bytes, gb, prices.kinesisIn),
    lineOf("Kinesis", "log lines out", `the same × ${CONSUMERS} consumers`, gb * CONSUMERS, prices.kinesisOut),
    lineOf("Kinesis", "log lines kept", kept, (gb * keptHours) / HOURS_PER_MONTH, prices.kinesisRetention),
  ];
};
