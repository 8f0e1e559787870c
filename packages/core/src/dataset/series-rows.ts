import { closeIntervals, type Extraction, takeEvent } from "../feature/extract.ts";
import { compileGlob } from "../feature/match.ts";
import { type Plan, planOf } from "../feature/plan.ts";
import { emptyRows, RowState } from "../feature/rows.ts";
import { freshState } from "../feature/state.ts";
import type { MetricEvent } from "../ingest/event.ts";
import { noCounts } from "../store/head.ts";
import type { DatasetQuery } from "./dataset.ts";
import { type EventBlock, type EventQuery, metricsOf } from "./events.ts";
import { spanAt } from "./spans.ts";

/** What a row of a dataset is. The numbers are stored: never reuse one. A break stands for any number of rows left out. */
export const DatasetRow = { observed: 0, imputed: 1, break: 2 } as const;

/** Rows of one series, oldest first, as columns. */
export type SeriesRows = {
  count: number;
  timestamps: Float64Array;
  /** count × features; zeros in a break. */
  values: Float64Array;
  kinds: Uint8Array;
  /** Rows that are no break. */
  usable: number;
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The events that the rows of a query are made of. Before the range: what fills windows and closes gaps, and a day more where
 * a missing value is taken from the last one, however old. Behind it: what may still come late to its last interval.
 */
export const eventsOf = ({ detector, fromMs, toMs }: DatasetQuery): EventQuery => {
  const { intervalMs, latenessMs, shingleSize, missing } = planOf(detector);
  const remembered = missing === "last" || missing === "linear" ? DAY_MS : HOUR_MS;
  const leadMs = latenessMs + intervalMs * (shingleSize + 1) + remembered;
  return { detector, fromMs: Math.max(0, fromMs - leadMs), toMs: toMs + intervalMs + latenessMs };
};

/** Rows are taken over in parts of this many, so that those that are too old can be let go of. */
const PART_ROWS = 1 << 15;
const FIRST_ROWS = 256;

/**
 * Makes the rows of one series after the other by the very stage that the scorer has, so that they are the ones that were
 * scored: the newest `limit` within the query's range, without what it excludes.
 */
export const rowMaker = (query: DatasetQuery, limit: number) => {
  const plan = planOf(query.detector);
  const metrics = metricsOf(query.detector);
  const values: Record<string, number> = Object.create(null);
  const event: MetricEvent = { type: "metric", entity: "", timestamp: 0, values };
  const to: Extraction = { plan, scaling: undefined, rows: emptyRows(plan.names.length, 0) };
  const counts = noCounts();
  const excluded: Record<string, number> = {};

  const exclusions = query.exclude.map((span) => ({ span, isOf: compileGlob(span.entity) }));
  let state = freshState(plan);
  let parts = partsOf(plan, limit);
  let spans: DatasetQuery["exclude"] = [];
  let at = spanAt(spans);

  const flush = (): void => {
    const { rows } = to;
    for (let row = 0; row < rows.count; row++) {
      const timestampMs = rows.timestamps[row]!;
      if (timestampMs < query.fromMs || timestampMs >= query.toMs) continue;
      const reason = spans[at(timestampMs)]?.reason;
      if (reason !== undefined) excluded[reason] = (excluded[reason] ?? 0) + 1;
      const isOut = reason !== undefined || rows.states[row] === RowState.skipped;
      const kind = rows.states[row] === RowState.imputed ? DatasetRow.imputed : DatasetRow.observed;
      parts.push(timestampMs, isOut ? DatasetRow.break : kind, rows.values, row * rows.features);
    }
    rows.count = 0;
  };

  return {
    /** Begins the series of an entity. */
    begin(entity: string): void {
      event.entity = entity;
      state = freshState(plan);
      parts = partsOf(plan, limit);
      spans = exclusions.filter(({ isOf }) => isOf(entity)).map(({ span }) => span);
      at = spanAt(spans);
    },
    take({ count, timestamps, arrivals, values: columns }: EventBlock): void {
      for (let index = 0; index < count; index++) {
        event.timestamp = timestamps[index]!;
        for (let metric = 0; metric < metrics.length; metric++) values[metrics[metric]!] = columns[metric]![index]!;
        takeEvent(to, state, counts, event, arrivals[index]!, 0);
        if (to.rows.count >= PART_ROWS) flush();
      }
    },
    /** The rows, as if the stream had gone on: an interval that began within the range is closed. */
    end(): SeriesRows {
      if (plan.intervalMs > 0) closeIntervals(to, state, counts, query.toMs + plan.intervalMs, 0);
      flush();
      return parts.newest();
    },
    /** Rows of all series that an exclusion left out, by its reason. */
    excluded: (): Record<string, number> => excluded,
  };
};

type Part = { count: number; usable: number; timestamps: Float64Array; values: Float64Array; kinds: Uint8Array };

/** Rows in parts, of which the oldest go when newer ones are enough. */
const partsOf = ({ names }: Plan, limit: number) => {
  const features = names.length;
  const parts: Part[] = [];
  const open = (): Part => {
    const size = Math.min(PART_ROWS, 2 * (parts.at(-1)?.kinds.length ?? FIRST_ROWS / 2));
    const columns = { timestamps: new Float64Array(size), kinds: new Uint8Array(size) };
    const part: Part = { count: 0, usable: 0, ...columns, values: new Float64Array(size * features) };
    const newer = parts.slice(1).reduce((sum, { usable }) => sum + usable, 0);
    if (newer >= limit) parts.shift();
    parts.push(part);
    return part;
  };

  return {
    push(timestampMs: number, kind: number, values: Float64Array, at: number): void {
      let part = parts.at(-1);
      // One break says as much as many.
      if (kind === DatasetRow.break && (!part || part.kinds[part.count - 1] === DatasetRow.break)) return;
      if (!part || part.count === part.kinds.length) part = open();
      const row = part.count++;
      part.timestamps[row] = timestampMs;
      part.kinds[row] = kind;
      if (kind === DatasetRow.break) return;
      part.usable++;
      // −0 becomes 0: nothing tells them apart but their bytes.
      for (let feature = 0; feature < features; feature++)
        part.values[row * features + feature] = values[at + feature]! + 0;
    },
    newest(): SeriesRows {
      let usable = 0;
      let count = 0;
      const taken: [Part, number][] = [];
      for (let index = parts.length - 1; index >= 0 && usable < limit; index--) {
        const part = parts[index]!;
        let from = part.count;
        while (from > 0 && usable < limit) if (part.kinds[--from] !== DatasetRow.break) usable++;
        taken.unshift([part, from]);
        count += part.count - from;
      }
      const rows: SeriesRows = {
        ...{ count, usable, timestamps: new Float64Array(count), kinds: new Uint8Array(count) },
        values: new Float64Array(count * features),
      };
      let at = 0;
      for (const [part, from] of taken) {
        rows.timestamps.set(part.timestamps.subarray(from, part.count), at);
        rows.kinds.set(part.kinds.subarray(from, part.count), at);
        rows.values.set(part.values.subarray(from * features, part.count * features), at * features);
        at += part.count - from;
      }
      return rows;
    },
  };
};
