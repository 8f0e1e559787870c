import type { Detector } from "../detector.ts";
import { type Plan, planOf } from "../feature/plan.ts";
import { decodeEvent } from "../ingest/decode.ts";
import type { MetricEvent } from "../ingest/event.ts";
import type { CountedRecord } from "../store/counts.ts";
import { headKey } from "../store/keys.ts";
import type { ItemKey, StreamRecord } from "../store/ports.ts";

/** The records of one batch that belong to one series, in the order of the stream. */
export type SeriesWork = {
  plan: Plan;
  entity: string;
  key: ItemKey;
  events: MetricEvent[];
  records: StreamRecord[];
};
export type Routed = {
  works: SeriesWork[];
  /** Per shard what each metric record adds to the counters. */
  counted: Map<string, CountedRecord[]>;
  received: number;
  /** Valid events of another type: not the scorer's. */
  ignored: number;
  invalid: number;
  unmatched: number;
  deliveries: number;
};

/** Decodes the records and sorts them by series. Invalid ones are only counted: the archive quarantines them. */
export const routeRecords = (detectors: readonly Detector[], records: readonly StreamRecord[]): Routed => {
  const plans = detectors.map(planOf);
  const series = plans.map(() => new Map<string, SeriesWork>());
  const routed: Routed = {
    works: [],
    counted: new Map(),
    received: 0,
    ignored: 0,
    invalid: 0,
    unmatched: 0,
    deliveries: 0,
  };
  for (const record of records) {
    const decoded = decodeEvent(record.data);
    if (decoded.ok && decoded.event.type !== "metric") {
      routed.ignored++;
      continue;
    }
    let deliveries = 0;
    for (let index = 0; decoded.ok && index < plans.length; index++) {
      const event = decoded.event as MetricEvent;
      if (!plans[index]!.matches(event)) continue;
      const work = workOf(plans[index]!, series[index]!, event.entity, routed.works);
      work.events.push(event);
      work.records.push(record);
      deliveries++;
    }
    count(routed, record, !decoded.ok, deliveries);
  }
  return routed;
};

const workOf = (plan: Plan, series: Map<string, SeriesWork>, entity: string, works: SeriesWork[]): SeriesWork => {
  const known = series.get(entity);
  if (known) return known;
  const work = { plan, entity, key: headKey(plan.id, entity), events: [], records: [] };
  series.set(entity, work);
  works.push(work);
  return work;
};

const count = (routed: Routed, { shardId, sequenceNumber }: StreamRecord, isInvalid: boolean, deliveries: number) => {
  routed.received++;
  routed.deliveries += deliveries;
  if (isInvalid) routed.invalid++;
  else if (deliveries === 0) routed.unmatched++;
  let ofShard = routed.counted.get(shardId);
  if (!ofShard) {
    ofShard = [];
    routed.counted.set(shardId, ofShard);
  }
  ofShard.push({ sequenceNumber, isInvalid, deliveries, failed: 0 });
};
