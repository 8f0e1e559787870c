import { decodeEvent } from "../../ingest/decode.ts";
import type { LogEvent } from "../../ingest/event.ts";
import { linesOf, type ReadArchivePorts } from "../../ingest/read-archive.ts";

/** A log event in an archive object; `line` counts from 1. */
export type ArchivedLine = { line: number; event: LogEvent };

/** What begins each line of a metric, as collectors and the API write them: most lines of a mixed stream. */
const METRIC = new TextEncoder().encode('{"type":"metric"');

/** The log events of one object, in the order of their records. `undefined` when there is no such object (any more). */
export const archivedLogLines = async (
  { blobs, gunzip }: ReadArchivePorts,
  key: string,
): Promise<ArchivedLine[] | undefined> => {
  const bytes = await blobs.get(key);
  if (!bytes) return undefined;
  const found: ArchivedLine[] = [];
  let line = 0;
  for (const data of linesOf(await gunzip(bytes))) {
    line++;
    if (METRIC.every((byte, at) => data[at] === byte)) continue;
    const decoded = decodeEvent(data);
    if (decoded.ok && decoded.event.type === "log") found.push({ line, event: decoded.event });
  }
  return found;
};
