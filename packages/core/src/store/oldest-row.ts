import type { Head } from "./head.ts";
import { seriesPk } from "./keys.ts";
import { readChunkHeader } from "./points.ts";
import type { Table } from "./ports.ts";

/** Time of a series' oldest row, to within the hour of its chunk. */
export const oldestRowMs = async (table: Table, detectorId: string, entity: string, head: Head): Promise<number> => {
  const pk = seriesPk(detectorId, entity);
  const [closed] = await table.query({ pk, from: "CHUNK#", to: "CHUNK$", limit: 1 });
  if (closed) return Number(closed.sk.split("#")[1]);
  return head.chunk.length > 0 ? readChunkHeader(head.chunk, `the open chunk of ${pk}`).baseMs : head.lastRowMs;
};
