import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import type { StreamReader } from "@tidewatch/local/stream/reader";
import { producedRecord } from "./events.ts";

/** Every record of the stream, shard after shard. */
export function* streamRecords(reader: StreamReader): Generator<StreamRecord> {
  for (const shardId of reader.shardIds()) {
    let after: string | undefined;
    for (;;) {
      const records = reader.read(shardId, after, { records: 10_000, bytes: 16 * 1024 * 1024 });
      if (records.length === 0) break;
      yield* records;
      after = records.at(-1)!.sequenceNumber;
    }
  }
}

/** How often each content occurs. */
export type Multiset = Map<string, number>;

export const contentsOf = (contents: Iterable<string>): Multiset => {
  const counts: Multiset = new Map();
  for (const content of contents) counts.set(content, (counts.get(content) ?? 0) + 1);
  return counts;
};

/** Contents whose number differs, with both numbers; at most `limit` of them. */
export const differences = (expected: Multiset, actual: Multiset, limit = 5): string[] => {
  const found: string[] = [];
  for (const content of new Set([...expected.keys(), ...actual.keys()])) {
    const counts = [expected.get(content) ?? 0, actual.get(content) ?? 0];
    if (counts[0] !== counts[1]) found.push(`${content.slice(0, 80)}: ${counts[0]} on the stream, ${counts[1]} kept`);
    if (found.length === limit) break;
  }
  return found;
};

export type Kept = {
  archived: string[];
  quarantined: { record: string; shardId: string; sequenceNumber: string; reason: string }[];
};

/** Reads archive and quarantine as anybody would: the files below the folder, line by line. */
export const readKept = async (blobDirectory: string): Promise<Kept> => {
  const kept: Kept = { archived: [], quarantined: [] };
  for (const path of await filesBelow(join(blobDirectory, "events"))) {
    for (const line of lines(gunzipSync(await readFile(path)))) kept.archived.push(line);
  }
  for (const path of await filesBelow(join(blobDirectory, "quarantine"))) {
    for (const line of lines(await readFile(path))) kept.quarantined.push(JSON.parse(line));
  }
  return kept;
};

const filesBelow = async (directory: string): Promise<string[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
};

const lines = (bytes: Buffer): string[] =>
  bytes
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");

/** Receipts whose record is not on the stream, or is another one there; and how many receipts there are. */
export const missingReceipts = async (receiptPaths: string[], onStream: Map<string, string>) => {
  const missing: string[] = [];
  let receipts = 0;
  for (const [producer, path] of receiptPaths.entries()) {
    for (const line of lines(await readFile(path))) {
      const [shardId, sequenceNumber, index] = line.split(" ");
      receipts++;
      const { data } = producedRecord(producer, Number(index));
      if (onStream.get(`${shardId} ${sequenceNumber}`) !== data) missing.push(`${producer}: ${line}`);
    }
  }
  return { receipts, missing };
};
