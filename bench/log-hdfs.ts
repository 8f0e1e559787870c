import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { detectFormat } from "@tidewatch/core/log/line/detect";
import { findKeys } from "@tidewatch/core/log/session/keys";
import { addLine, freshSession, type Session, templateCounts } from "@tidewatch/core/log/session/session";
import { isSevere } from "@tidewatch/core/log/session/severity";
import type { TemplateCounts } from "@tidewatch/core/log/session/signature";
import { type Miner, mineLine, minerOf } from "@tidewatch/core/log/template/miner";
import { currentIds, templatesOf } from "@tidewatch/core/log/template/store";
import { templateId, templateText } from "@tidewatch/core/log/template/template";

/** A block of HDFS: how often each template came, its label, and when its first line was. */
export type Block = { id: string; label: number; counts: TemplateCounts; startMs: number; session?: Session };
export type BlockSet = { blocks: Block[]; severe: Set<string> };

const CLOCK = { nowMs: Date.UTC(2026, 0, 1), zoneMinutes: 0 };
/** Normal and anomalous blocks of the whole of HDFS_v1: figures at this ratio compare with published ones. */
const [ALL_NORMAL, ALL_ANOMALOUS] = [558_223, 16_838];

const readLines = (file: string): string[] =>
  gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n").slice(1);

export const hasHdfs = (folder: string): boolean => existsSync(join(folder, "raw_logs.csv.gz"));

/** The raw lines, each once, in the order of the file; a line that names several blocks is there for each of them. */
export const rawLines = (folder: string): { block: string; line: string }[] =>
  readLines(join(folder, "raw_logs.csv.gz")).map((row) => {
    const at = row.indexOf(",");
    const line = row.slice(at + 1).trimEnd();
    return { block: row.slice(0, at), line: line.startsWith('"') ? line.slice(1, -1).replaceAll('""', '"') : line };
  });

const labelsOf = (folder: string): Map<string, number> =>
  new Map(
    readLines(join(folder, "labels.csv.gz")).map((row): [string, number] => {
      const [id, label] = row.trim().split(",");
      return [id!, Number(label)];
    }),
  );

/** The unbiased sample, from raw lines: header, template and session as the pipeline finds them. */
export const minedBlocks = (folder: string): BlockSet & { miner: Miner } => {
  const rows = rawLines(folder);
  const labels = labelsOf(folder);
  const format = detectFormat(
    rows.slice(0, 200).map(({ line }) => line),
    CLOCK,
  );
  const keysOf = findKeys({ pattern: "blk_-?\\d+" });
  const miner = minerOf();
  const sessions = new Map<string, Session>();
  for (const [index, { block, line }] of rows.entries()) {
    const read = format.parse(line, CLOCK) ?? { message: line };
    const template = mineLine(miner, read.message);
    const timestampMs = read.timestampMs ?? 0;
    // The file repeats a line for each of its blocks.
    for (const key of keysOf(read, line).filter((one) => one === block)) {
      const session = sessions.get(key) ?? freshSession(key, timestampMs);
      sessions.set(key, session);
      addLine(session, {
        templateId: templateId(template),
        timestampMs,
        at: { shardId: "raw_logs.csv", sequenceNumber: String(index + 1), arrivalMs: 0, part: 0, digest: 0 },
      });
    }
  }
  const currentId = currentIds(miner.store);
  const blocks = Array.from(sessions, ([id, session]): Block => {
    const counts = templateCounts(session, currentId);
    return { id, label: labels.get(id) ?? 0, counts, startMs: session.firstMs, session };
  });
  const severe = [...templatesOf(miner.store)].filter((template) => isSevere(templateText(template))).map(templateId);
  return { blocks, severe: new Set(severe), miner };
};

/** All blocks by the event ids of the data set: its anomalous blocks that the sample lacks have no raw lines. */
export const referenceBlocks = (folder: string): BlockSet => {
  const labels = labelsOf(folder);
  const blocks = readLines(join(folder, "sequences.csv.gz")).map((row): Block => {
    const [id, , events] = row.trim().split(",") as [string, string, string];
    const counts = new Map<string, number>();
    for (const event of events.split(" ")) counts.set(event, (counts.get(event) ?? 0) + 1);
    return { id, label: labels.get(id) ?? 0, counts, startMs: 0 };
  });
  const texts = readFileSync(join(folder, "templates.csv"), "utf8").trim().split("\n").slice(1);
  const severe = texts.filter((row) => isSevere(row)).map((row) => row.slice(0, row.indexOf(",")));
  return { blocks, severe: new Set(severe) };
};

export type Outcome = { falseAlarms: number; missed: number; f1: number };

/** F1 with the normal blocks weighted to the ratio of the whole data set, or as they are. */
export const outcomeOf = (
  blocks: readonly Block[],
  isAnomalous: (block: Block, index: number) => boolean,
  isWeighted = true,
): Outcome => {
  const verdicts = blocks.map(isAnomalous);
  const anomalous = blocks.filter(({ label }) => label === 1).length;
  const found = blocks.filter(({ label }, index) => label === 1 && verdicts[index]).length;
  const falseAlarms = verdicts.filter(Boolean).length - found;
  const natural = (ALL_NORMAL / ALL_ANOMALOUS) * (anomalous / Math.max(1, blocks.length - anomalous));
  const missed = anomalous - found;
  const f1 = (2 * found) / (2 * found + missed + (isWeighted ? natural : 1) * falseAlarms);
  return { falseAlarms, missed, f1 };
};
