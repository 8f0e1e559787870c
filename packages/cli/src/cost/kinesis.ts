import { AWS, DEPLOYMENT } from "./deployment.ts";
import { figure } from "./figure.ts";
import type { Flow } from "./flow.ts";
import { BYTES_PER_GB, type Line, lineOf } from "./line.ts";
import type { PriceTable } from "./prices.ts";
import { HOURS_PER_MONTH } from "./workload.ts";

const KB = 1024;
const FREE_HOURS = 24;
/** Scorer, log stage and archive: Lambda reads all records for each of them, and filters afterwards. */
const CONSUMERS = 3;

/** Records are billed in whole kilobytes, on the way in for sure; on the way out AWS leaves it open, so there too. */
export const kinesisLines = ({ events, score, measured }: Flow, prices: PriceTable): Line[] => {
  const kilobytes = Math.ceil(measured.eventBytes / KB);
  const gb = (events * kilobytes * KB) / BYTES_PER_GB;
  const bytes = `${figure(events)} events × ${kilobytes} KB (${measured.eventBytes} bytes rounded up)`;
  const keptHours = DEPLOYMENT.retentionHours - FREE_HOURS;
  const callers = CONSUMERS * score.activeShards;
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
  ];
};
