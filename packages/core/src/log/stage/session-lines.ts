import { advance } from "../../score/load.ts";
import type { StreamRecord } from "../../store/ports.ts";
import { addLine, freshSession, type Session } from "../session/session.ts";
import type { SessionHead } from "../store/session-head.ts";
import type { StoredVerdict } from "../store/stored-verdict.ts";

/** A line on its way into a session. */
export type SessionTake = {
  record: StreamRecord;
  templateId: string;
  timestampMs: number;
  part: number;
  digest: number;
};

export type SessionLimits = { idleMs: number; quietMs: number; maxLines: number };

/** A session that a line, or a silence, has ended, as it is kept. */
export type Ended = {
  session: Session;
  state: "idle" | "length";
  verdict: SessionHead["verdict"];
  wasListed: boolean;
  /** The latest arrival of a line of the key when this came about. */
  arrivalMs: number;
};

/** What a model says of sessions, if there is one. */
export type SessionJudge = {
  /** Of a session that has ended. */
  final(session: Session): StoredVerdict;
  /** Of an open session, as if no line came any more. */
  soFar(session: Session): StoredVerdict;
  /** Of an open session that the newest line, with this template, made anomalous for good; else `undefined`. */
  early(session: Session, templateId: string): StoredVerdict | undefined;
};

/** What some lines made of the sessions of one key. */
export type TakenLines = {
  head: SessionHead;
  /** Lines that the head had not seen. */
  applied: number;
  /** The latest arrival of a line of the key so far. */
  arrivalMs: number;
  /** In order; the last one may be the head's own, if no line came after it. */
  ended: Ended[];
  /** The session that had ended before and gave way to a new one. */
  past: Ended | undefined;
  /** A session began, or spoke again after a silence, and is open: somebody must see when it falls silent. */
  spoke: boolean;
  /** A verdict about the open session that was not there before. */
  early: { verdict: StoredVerdict; arrivalMs: number } | undefined;
};

/** Of a key that has had no line. */
export const freshHead = (key: string): SessionHead => ({
  lines: 0,
  ended: 0,
  shards: [],
  state: "idle",
  session: freshSession(key, 0),
  verdict: undefined,
});

/**
 * Applies the lines that the head has not seen, in order. A session ends before a line that comes more than the time-out
 * after its newest one, and with the line that makes it as long as allowed: both follow from the key's own lines alone. What
 * ended by other lines' time, or by the clock, is opened again by a line that came in time. Changes `before`.
 */
export const takeLines = (
  before: SessionHead,
  takes: readonly SessionTake[],
  limits: SessionLimits,
  judge: SessionJudge | undefined,
): TakenLines => {
  const head = before;
  const taken = untaken(head);
  let record: StreamRecord | undefined;
  let isFresh = false;
  for (const take of takes) {
    // The lines of one record come together.
    if (take.record !== record) {
      record = take.record;
      isFresh = advance(head, record);
    }
    if (isFresh) takeLine(taken, take, limits, judge);
  }
  return taken;
};

/** Nothing was taken yet. */
export const untaken = (head: SessionHead): TakenLines => ({
  ...{ head, applied: 0, arrivalMs: arrivalOf(head), ended: [], past: undefined, spoke: false, early: undefined },
});

const takeLine = (
  taken: TakenLines,
  { record, templateId, timestampMs, part, digest }: SessionTake,
  { idleMs, quietMs, maxLines }: SessionLimits,
  judge: SessionJudge | undefined,
): void => {
  const { head } = taken;
  if (head.state === "idle" && head.ended > 0 && timestampMs <= head.session.lastMs + idleMs) reopenSession(taken);
  const silenceMs = head.state === "open" ? timestampMs - head.session.lastMs : 0;
  if (silenceMs > idleMs) endSession(taken, "idle", judge);
  else if (silenceMs > quietMs) {
    judgeQuiet(taken, judge);
    taken.spoke = true;
  }
  if (head.state !== "open") beginSession(taken, timestampMs);
  const { shardId, sequenceNumber, arrivalMs } = record;
  taken.arrivalMs = Math.max(taken.arrivalMs, arrivalMs);
  addLine(head.session, { templateId, timestampMs, at: { shardId, sequenceNumber, arrivalMs, part, digest } });
  head.lines++;
  taken.applied++;
  const verdict = head.verdict?.isFinal ? undefined : judge?.early(head.session, templateId);
  if (verdict) tell(taken, verdict);
  if (head.session.lines >= maxLines) endSession(taken, "length", judge);
};

const tell = (taken: TakenLines, verdict: StoredVerdict): void => {
  taken.head.verdict = verdict;
  taken.early = { verdict, arrivalMs: taken.arrivalMs };
};

/**
 * Judges a session that has fallen silent and stays open, if it is anomalous or was told to be. Twice, by a clock and by the
 * next line, it says the same.
 */
export const judgeQuiet = (taken: TakenLines, judge: SessionJudge | undefined): void => {
  const { session, verdict: before } = taken.head;
  if (before?.isFinal) return;
  const verdict = judge?.soFar(session);
  if (verdict && (verdict.isAnomalous || before)) tell(taken, verdict);
};

/**
 * A line that came late belongs to the session that was taken for ended: other lines, of a shard that is ahead or by a clock
 * that is wrong, had made its silence look longer than it was. What was said of it stands until it ends again.
 */
const reopenSession = (taken: TakenLines): void => {
  const { head } = taken;
  head.state = "open";
  head.verdict = head.verdict?.isAnomalous ? { ...head.verdict, isFinal: false } : undefined;
  taken.spoke = true;
};

const beginSession = (taken: TakenLines, timestampMs: number): void => {
  const { head, ended } = taken;
  const { session, state, verdict } = head;
  const endedBefore = head.ended > ended.length;
  if (endedBefore && ended.length === 0 && state !== "open") {
    taken.past = { session, state, verdict, wasListed: false, arrivalMs: taken.arrivalMs };
  }
  head.session = freshSession(session.key, timestampMs);
  head.state = "open";
  head.verdict = undefined;
  taken.spoke = true;
};

/** The latest arrival of a line of the key. */
export const arrivalOf = ({ shards }: Pick<SessionHead, "shards">): number =>
  Math.max(0, ...shards.map(({ lastMs }) => lastMs));

/** Ends the session that is open, and judges it. */
export const endSession = (taken: TakenLines, state: Ended["state"], judge: SessionJudge | undefined): void => {
  const { head } = taken;
  const wasListed = head.verdict !== undefined;
  head.state = state;
  head.ended++;
  head.verdict = judge?.final(head.session) ?? head.verdict;
  taken.ended.push({ session: head.session, state, verdict: head.verdict, wasListed, arrivalMs: taken.arrivalMs });
  taken.spoke = false;
  taken.early = undefined;
};
