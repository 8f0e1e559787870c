/**
 * Where a raw line is to be found: the record of the stream that brought it, when that arrived, and which line of the
 * record it is (from 0; a record of CloudWatch Logs has several). Of a file, `shardId` is its name and `sequenceNumber`
 * the line's number, from 1. `digest` is `lineDigest`'s, 0 of a file: the archive keeps no sequence numbers.
 */
export type LinePointer = {
  shardId: string;
  sequenceNumber: string;
  arrivalMs: number;
  part: number;
  digest: number;
};

/** What a session keeps of one template: how often it came, and the first line that had it. */
export type SessionEntry = { templateId: string; count: number; first: LinePointer };

/**
 * Lines of one key. `entries` are in order of first appearance; `steps` counts which entry followed which (from × 256 +
 * to). Bounded: what finds no place is counted in `others`.
 */
export type Session = {
  key: string;
  firstMs: number;
  lastMs: number;
  longestGapMs: number;
  lines: number;
  others: number;
  entries: SessionEntry[];
  steps: Map<number, number>;
  /** Place of the newest line's template in `entries`; −1 for none. */
  newest: number;
};

/** One line on its way into its sessions. */
export type SessionLine = { templateId: string; timestampMs: number; at: LinePointer };

/** Templates of one session, and pairs of them that followed each other: about 1 KB at most, packed. */
export const MAX_ENTRIES = 256;
const MAX_STEPS = 128;

export const freshSession = (key: string, timestampMs: number): Session => ({
  key,
  firstMs: timestampMs,
  lastMs: timestampMs,
  longestGapMs: 0,
  lines: 0,
  others: 0,
  entries: [],
  steps: new Map(),
  newest: -1,
});

/** Adds a line, in place. A line older than the newest one counts, and leaves times of later ones alone. */
export const addLine = (session: Session, { templateId, timestampMs, at }: SessionLine): void => {
  session.lines++;
  session.firstMs = Math.min(session.firstMs, timestampMs);
  session.longestGapMs = Math.max(session.longestGapMs, timestampMs - session.lastMs);
  session.lastMs = Math.max(session.lastMs, timestampMs);
  const { entries } = session;
  let index = entries.findIndex((entry) => entry.templateId === templateId);
  if (index < 0 && entries.length < MAX_ENTRIES) index = entries.push({ templateId, count: 0, first: at }) - 1;
  if (index < 0) session.others++;
  else entries[index]!.count++;
  addStep(session, session.newest, index, 1);
  session.newest = index;
};

/** Counts that the entry at one place was followed by that at another; −1 is a template without a place. */
export const addStep = ({ steps }: Session, from: number, to: number, times: number): void => {
  if (from < 0 || to < 0) return;
  const step = from * MAX_ENTRIES + to;
  const count = steps.get(step);
  if (count !== undefined || steps.size < MAX_STEPS) steps.set(step, (count ?? 0) + times);
};

/** Counts of the session's templates by the ids that they have by now; `currentId` follows what was joined. */
export const templateCounts = (session: Session, currentId: (id: string) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { templateId, count } of session.entries) {
    const id = currentId(templateId);
    counts.set(id, (counts.get(id) ?? 0) + count);
  }
  return counts;
};
