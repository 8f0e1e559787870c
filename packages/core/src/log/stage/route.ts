import { decodeRecord, type Inflate } from "../../ingest/decode-record.ts";
import type { LogEvent } from "../../ingest/event.ts";
import type { StreamRecord } from "../../store/ports.ts";
import type { LogDetector } from "../detector.ts";
import { type LogPlan, logPlanOf } from "./plan.ts";

/** A log event and where it came from; `part` counts the events of its record. */
export type PlacedLine = { event: LogEvent; record: StreamRecord; part: number };

/** What one record adds to the counters. */
export type RecordCounts = {
  record: StreamRecord;
  isInvalid: boolean;
  lines: number;
  unmatched: number;
  deliveries: number;
};

/** The lines of one batch that belong to one detector, by shard, in the order of the stream. */
export type DetectorLines = { plan: LogPlan; byShard: Map<string, PlacedLine[]> };

export type RoutedLogs = { detectors: DetectorLines[]; counted: RecordCounts[]; ignored: number };

/** Decodes the records and sorts their lines by detector. Invalid ones are only counted: the archive quarantines them. */
export const routeLogs = (
  detectors: readonly LogDetector[],
  records: readonly StreamRecord[],
  inflate: Inflate,
): RoutedLogs => {
  const routed: RoutedLogs = {
    detectors: detectors.map((detector) => ({ plan: logPlanOf(detector), byShard: new Map() })),
    counted: [],
    ignored: 0,
  };
  for (const record of records) {
    const decoded = decodeRecord(record.data, inflate);
    const counts: RecordCounts = { record, isInvalid: false, lines: 0, unmatched: 0, deliveries: 0 };
    let others = 0;
    for (const [part, one] of decoded.entries()) {
      if (!one.ok) counts.isInvalid = true;
      else if (one.event.type !== "log") others++;
      else deliver(routed, counts, { event: one.event, record, part });
    }
    if (others > 0 && others === decoded.length) routed.ignored++;
    else routed.counted.push(counts);
  }
  return routed;
};

const deliver = ({ detectors }: RoutedLogs, counts: RecordCounts, line: PlacedLine): void => {
  counts.lines++;
  let deliveries = 0;
  for (const { plan, byShard } of detectors) {
    if (!plan.matches(line.event)) continue;
    deliveries++;
    const lines = byShard.get(line.record.shardId);
    if (lines) lines.push(line);
    else byShard.set(line.record.shardId, [line]);
  }
  counts.deliveries += deliveries;
  if (deliveries === 0) counts.unmatched++;
};
