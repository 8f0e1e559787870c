import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeSessionHead } from "@tidewatch/core/log/store/session-head";
import { readAnomalies } from "@tidewatch/core/store/anomalies";
import { headKey, sessionHeadKey } from "@tidewatch/core/store/keys";
import { allSeries } from "@tidewatch/core/store/read-series";
import { anomalySpan } from "@tidewatch/functions/api/results/anomaly-span";
import { dataPaths } from "@tidewatch/local/runtime/paths";
import type { StreamReader } from "@tidewatch/local/stream/reader";
import { openStreamReader } from "@tidewatch/local/stream/stream-reader";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import type { CampaignResult } from "./campaign.ts";
import { startPipelineProcess } from "./processes.ts";
import { DETECTOR_MATCHES, LOG_DETECTOR_ID, prepareDirectory } from "./setup.ts";
import { contentsOf, differences, missingReceipts, readKept, streamRecords } from "./verify.ts";

export type StreamCheck = { records: number; repeats: number; receipts: number; missing: string[] };
export type KeptCheck = { archived: number; quarantined: number; differences: string[]; misplaced: string[] };

/** Every receipt stands for a record on the stream; what is there twice was put again after a lost answer. */
export const checkReceipts = async (directory: string, result: CampaignResult): Promise<StreamCheck> =>
  withStream(directory, async (reader) => {
    const onStream = new Map<string, string>();
    for (const { shardId, sequenceNumber, data } of streamRecords(reader)) {
      onStream.set(`${shardId} ${sequenceNumber}`, Buffer.from(data).toString());
    }
    const { receipts, missing } = await missingReceipts(result.receiptPaths, onStream);
    return { records: onStream.size, repeats: onStream.size - new Set(onStream.values()).size, receipts, missing };
  });

/** Archive and quarantine together hold each record of the stream exactly once. */
export const checkKept = async (directory: string): Promise<KeptCheck> =>
  withStream(directory, async (reader) => {
    const kept = await readKept(dataPaths(join(directory, "data")).objects);
    const onStream: string[] = [];
    const byPlace = new Map<string, string>();
    for (const { shardId, sequenceNumber, data } of streamRecords(reader)) {
      const content = Buffer.from(data).toString();
      onStream.push(content);
      byPlace.set(`${shardId} ${sequenceNumber}`, content);
    }
    const misplaced = kept.quarantined.filter(
      (line) => byPlace.get(`${line.shardId} ${line.sequenceNumber}`) !== line.record,
    );
    return {
      archived: kept.archived.length,
      quarantined: kept.quarantined.length,
      differences: differences(
        contentsOf(onStream),
        contentsOf([...kept.archived, ...kept.quarantined.map((line) => line.record)]),
      ),
      misplaced: misplaced.map((line) => `${line.shardId} ${line.sequenceNumber}`),
    };
  });

export type DeliveryCheck = { expected: number; inHeads: number };

/** What the records on the stream should have been delivered to, detector by detector, and what the heads say they got. */
export const checkDeliveries = async (directory: string): Promise<DeliveryCheck> =>
  withStream(directory, async (reader) => {
    const contents = Array.from(streamRecords(reader), ({ data }) => Buffer.from(data).toString());
    const events = contents.map(entityOfMetric).filter((entity) => entity !== undefined);
    const { table, close } = openSqliteTable(dataPaths(join(directory, "data")).table, { now: Date.now });
    let expected = 0;
    let inHeads = 0;
    for (const { id, matches } of DETECTOR_MATCHES) {
      expected += events.filter(matches).length;
      for (const entity of new Set(events.filter(matches))) {
        // A head's version counts the events that were applied to its series.
        const [head] = await table.getMany([headKey(id, entity)]);
        inHeads += head?.version ?? 0;
      }
    }
    close();
    return { expected, inHeads };
  });

export type AnomalyCheck = { inHeads: number; listed: number };

/** Anomalies that the heads count, suppressed ones included, and those that a reader is given. */
export const checkAnomalies = async (directory: string): Promise<AnomalyCheck> => {
  const { table, close } = openSqliteTable(dataPaths(join(directory, "data")).table, { now: Date.now });
  let inHeads = 0;
  let listed = 0;
  for (const { id } of DETECTOR_MATCHES) {
    const span = await anomalySpan(table, id);
    for await (const { head } of allSeries(table, id)) inHeads += head.counts.anomalies + head.counts.suppressed;
    if (span) listed += (await readAnomalies(table, id, span)).length;
  }
  close();
  return { inHeads, listed };
};

const entityOfMetric = (content: string): string | undefined => {
  if (!content.startsWith('{"type":"metric"') || !content.endsWith("}")) return undefined;
  const event = JSON.parse(content) as { entity: string };
  return event.entity === "" ? undefined : event.entity;
};

export type SessionCheck = { lines: number; inHeads: number; ended: number };

/** Log lines on the stream, those that heads of sessions say they got, and the sessions that ended. */
export const checkSessions = async (directory: string): Promise<SessionCheck> =>
  withStream(directory, async (reader) => {
    const jobs = Array.from(streamRecords(reader), ({ data }) => Buffer.from(data).toString())
      .filter((content) => content.startsWith('{"type":"log"'))
      .map((content) => (JSON.parse(content) as { session: string }).session);
    const { table, close } = openSqliteTable(dataPaths(join(directory, "data")).table, { now: Date.now });
    const items = await table.getMany([...new Set(jobs)].map((job) => sessionHeadKey(LOG_DETECTOR_ID, job)));
    const heads = items.flatMap((item) => (item ? [decodeSessionHead(item)] : []));
    close();
    return {
      lines: jobs.length,
      inHeads: heads.reduce((sum, { lines }) => sum + lines, 0),
      ended: heads.reduce((sum, { ended }) => sum + ended, 0),
    };
  });

/**
 * Lists that follow the batches (when to look at sessions, how ended ones are packed), and where the first line of a template
 * stands: of two shards' first lines it is that of the faster consumer.
 */
export const BY_BATCH = ["DUE-SESSIONS#", "ENDED-SESSIONS#", "TEMPLATE#"];

/** Digest of everything else in the table: series, chunks, anomalies, sessions, counters, detectors, models. */
export const tableDigest = (directory: string): string => {
  const table = openSqliteTable(dataPaths(join(directory, "data")).table, { now: Date.now });
  const digest = table.digest("", BY_BATCH);
  table.close();
  return digest;
};

/** Runs a pipeline that nobody kills over a copy of the stream, from nothing. */
export const replayUndisturbed = async (from: string, to: string, consumers: number) => {
  const data = join(to, "data");
  await mkdir(data, { recursive: true });
  await prepareDirectory(data);
  await copyFile(dataPaths(join(from, "data")).stream, dataPaths(data).stream);
  const startMs = performance.now();
  const pipeline = startPipelineProcess({ directory: data, port: 0, consumers });
  const status = await pipeline.drainAndStop();
  return { status, seconds: (performance.now() - startMs) / 1000 };
};

const withStream = async <Result>(
  directory: string,
  use: (reader: StreamReader) => Promise<Result>,
): Promise<Result> => {
  const opened = openStreamReader(dataPaths(join(directory, "data")).stream);
  try {
    return await use(opened.reader);
  } finally {
    opened.close();
  }
};
