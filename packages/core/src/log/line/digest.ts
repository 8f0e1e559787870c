import type { LogEvent } from "../../ingest/event.ts";

const [FNV_BASIS, FNV_PRIME] = [0x811c9dc5, 0x01000193];

/**
 * 32 bits of what makes a log event the one that it is (FNV-1a over UTF-16 units): a pointer tells its line by them among
 * those of an archive object, which hold no sequence numbers. Events that are equal in all four may stand for each other.
 */
export const lineDigest = ({ entity, timestamp, message, session = "" }: LogEvent): number => {
  let hash = mix(FNV_BASIS, entity);
  hash = mix(hash, session);
  hash = mix(hash, String(timestamp));
  return mix(hash, message) >>> 0;
};

/** The text and an end mark, so that a character cannot move from one part to the next. */
const mix = (from: number, text: string): number => {
  let hash = from;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return Math.imul(hash ^ 0x1_0000, FNV_PRIME);
};
