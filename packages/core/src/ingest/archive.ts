import type { Blobs, StreamRecord, Table } from "../store/ports.ts";
import { type ArchiveCounts, readArchiveCounts, writeArchiveCounts } from "./archive-counts.ts";
import { joinLines, linesOf } from "./archive-line.ts";
import { withArrivals } from "./arrivals.ts";
import type { Inflate } from "./decode-record.ts";
import { compareSequence } from "./sequence.ts";

export type Gzip = (bytes: Uint8Array) => Promise<Uint8Array>;
export type ArchivePorts = { table: Table; blobs: Blobs; gzip: Gzip; inflate: Inflate };
/** Records, as `ArchiveCounts` counts them; `repeated` were counted before. */
export type ArchiveReport = { archived: number; quarantined: number; repeated: number };

/**
 * Puts every record of a batch into an archive object or a quarantine object, exactly once, whatever crashes; each log
 * event of a record of CloudWatch Logs for itself.
 *
 * Why a repeat replaces and never doubles: let L be the last sequence number in the shard's counters, which are written
 * only after the objects. Records up to L are skipped. A group is all lines of one outcome (valid or not) and one
 * arrival hour; its object is named after the record of its first line, which is the first such record after L and
 * hence does not depend on where the batch ends. If an attempt dies, L has not moved: the next attempt, with any other
 * batch end, gives the group the same name and overwrites it, or ends before the group's first record and leaves it to
 * a later attempt, for which that record is still the first of its group. So when L passes a record, the object under
 * the name of its group holds this attempt's lines, and nothing that a dead attempt wrote survives beside it.
 *
 * Needs the records of one shard to come in order and from one archiver at a time, as one shard's lane gives them.
 * Halves of a batch are just other ends of batches. A record that is given up is outside of all this: an attempt that
 * died may have left it in an object, and when it is put back it comes as a new one.
 */
export const archiveBatch = async (ports: ArchivePorts, records: readonly StreamRecord[]): Promise<ArchiveReport> => {
  const total: ArchiveReport = { archived: 0, quarantined: 0, repeated: 0 };
  for (const [shardId, ofShard] of Map.groupBy(records, (record) => record.shardId)) {
    const report = await archiveShard(ports, shardId, ofShard);
    total.archived += report.archived;
    total.quarantined += report.quarantined;
    total.repeated += report.repeated;
  }
  return total;
};

const archiveShard = async (ports: ArchivePorts, shardId: string, records: StreamRecord[]): Promise<ArchiveReport> => {
  const before = await readArchiveCounts(ports.table, shardId);
  const fresh = before ? records.filter((r) => compareSequence(r.sequenceNumber, before.sequenceNumber) > 0) : records;
  const repeated = records.length - fresh.length;
  const last = fresh.at(-1);
  if (!last) return { archived: 0, quarantined: 0, repeated };

  const { groups, quarantined } = groupLines(fresh, ports.inflate);
  await writeAll(ports, groups);
  const archived = fresh.length - quarantined;
  await writeArchiveCounts(ports.table, shardId, before, counted(before, archived, quarantined, last.sequenceNumber));
  return { archived, quarantined, repeated };
};

const counted = (
  before: ArchiveCounts | undefined,
  archived: number,
  quarantined: number,
  sequenceNumber: string,
): ArchiveCounts => ({
  received: (before?.received ?? 0) + archived + quarantined,
  archived: (before?.archived ?? 0) + archived,
  quarantined: (before?.quarantined ?? 0) + quarantined,
  sequenceNumber,
});

/** `arrivals`: of each line. */
type Group = { key: string; archived: boolean; hour: number; lines: Uint8Array[]; arrivals: number[] };

const HOUR_MS = 3_600_000;

/** `quarantined`: records of which a line is. */
const groupLines = (records: readonly StreamRecord[], inflate: Inflate): { groups: Group[]; quarantined: number } => {
  const groups: Group[] = [];
  let quarantined = 0;
  for (const record of records) {
    const hour = Math.floor(record.arrivalMs / HOUR_MS);
    let isWhole = true;
    for (const { archived, bytes } of linesOf(record, inflate)) {
      isWhole &&= archived;
      // A batch spans an hour or two, so that a search of the list is quicker than a map.
      const group = groups.find((each) => each.hour === hour && each.archived === archived);
      const { arrivalMs } = record;
      if (group) {
        group.lines.push(bytes);
        group.arrivals.push(arrivalMs);
      } else groups.push({ key: objectKey(record, archived), archived, hour, lines: [bytes], arrivals: [arrivalMs] });
    }
    if (!isWhole) quarantined++;
  }
  return { groups, quarantined };
};

/** Waits for every write even when one fails: one under way could end after the next attempt's, and replace it. */
const writeAll = async (ports: ArchivePorts, groups: readonly Group[]): Promise<void> => {
  const written = await Promise.allSettled(groups.map((group) => writeGroup(ports, group)));
  for (const write of written) if (write.status === "rejected") throw write.reason;
};

const writeGroup = async ({ blobs, gzip }: ArchivePorts, group: Group): Promise<void> => {
  const { key, archived, lines, arrivals } = group;
  const bytes = joinLines(lines);
  await blobs.put(key, archived ? withArrivals(await gzip(bytes), arrivals) : bytes);
};

/** Partitioned by UTC arrival time, the way Athena and DuckDB read it. */
export const archiveFolder = (root: string, arrivalMs: number): string => {
  const iso = new Date(arrivalMs).toISOString();
  return `${root}/dt=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}`;
};

const objectKey = ({ shardId, sequenceNumber, arrivalMs }: StreamRecord, archived: boolean): string => {
  const folder = archiveFolder(archived ? "events" : "quarantine", arrivalMs);
  return `${folder}/${shardId}-${sequenceNumber}.ndjson${archived ? ".gz" : ""}`;
};
