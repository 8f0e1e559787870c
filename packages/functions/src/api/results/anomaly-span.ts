import type { Head } from "@tidewatch/core/store/head";
import { seriesPk } from "@tidewatch/core/store/keys";
import { readChunkHeader } from "@tidewatch/core/store/points";
import type { Table } from "@tidewatch/core/store/ports";
import { allSeries } from "@tidewatch/core/store/read-series";

/** `fromMs` inclusive, `toMs` exclusive. */
export type Span = { fromMs: number; toMs: number };

/** A series' newest row may be this much older than its newest by time: the largest lateness of a detector. */
const MAX_LATENESS_MS = 86_400_000;
/** Heads between two breaths. */
const HEADS_PER_TURN = 200;
const CHUNK_TIME_AT = "CHUNK#".length;

/**
 * The time in which a detector's anomalies lie, from the series that have any: anomalies are stored by day, and without
 * it a list would have to ask for every day since events can be dated. `undefined` when there are none.
 */
export const anomalySpan = async (table: Table, detectorId: string): Promise<Span | undefined> => {
  let span: Span | undefined;
  let read = 0;
  for await (const { entity, head } of allSeries(table, detectorId)) {
    if (++read % HEADS_PER_TURN === 0) await new Promise(setImmediate);
    if (head.counts.anomalies + head.counts.suppressed === 0) continue;
    const fromMs = await firstRowMs(table, seriesPk(detectorId, entity), head);
    const toMs = head.lastRowMs + MAX_LATENESS_MS;
    span = { fromMs: Math.min(fromMs, span?.fromMs ?? fromMs), toMs: Math.max(toMs, span?.toMs ?? toMs) };
  }
  return span;
};

/** No row of the series is older: the start of the first chunk, closed or open. */
const firstRowMs = async (table: Table, pk: string, head: Head): Promise<number> => {
  const [first] = await table.query({ pk, from: "CHUNK#", to: "CHUNK$", limit: 1 });
  const closedMs = first ? Number.parseInt(first.sk.slice(CHUNK_TIME_AT), 10) : head.lastRowMs;
  const openMs = head.chunk.length > 0 ? readChunkHeader(head.chunk, `the open chunk of ${pk}`).baseMs : head.lastRowMs;
  return Math.max(0, Math.min(closedMs, openMs) - MAX_LATENESS_MS);
};
