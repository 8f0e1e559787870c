import { addLine, freshSession, type Session, type SessionLine } from "./session.ts";

/** When a session ends: after so long a silence of its key, or with so many lines. */
export type SessionLimits = { idleMs: number; maxLines: number };

/** Half an hour of silence (on HDFS, normal blocks pause for less); what has more lines is a source, not a session. */
const SESSION_LIMITS: SessionLimits = { idleMs: 30 * 60_000, maxLines: 10_000 };

export type ClosedSession = { session: Session; reason: "idle" | "length" | "end" };

/** Sessions that may go on, least recently touched first. `newestMs` is the latest time of any line. */
export type OpenSessions = { limits: SessionLimits; open: Map<string, Session>; newestMs: number };

export const openSessions = (limits: SessionLimits = SESSION_LIMITS): OpenSessions => ({
  limits,
  open: new Map(),
  newestMs: Number.NEGATIVE_INFINITY,
});

/**
 * Adds a line to the session of each key; gives the sessions that this ends. Time is that of the lines: a replay ends
 * the same sessions at the same lines.
 */
export const takeLine = (sessions: OpenSessions, keys: readonly string[], line: SessionLine): ClosedSession[] => {
  const { open, limits } = sessions;
  sessions.newestMs = Math.max(sessions.newestMs, line.timestampMs);
  const closed = closeIdle(sessions);
  for (const key of keys) {
    const session = open.get(key) ?? freshSession(key, line.timestampMs);
    addLine(session, line);
    open.delete(key);
    if (session.lines >= limits.maxLines) closed.push({ session, reason: "length" });
    else open.set(key, session);
  }
  return closed;
};

/** Ends every session that is open: the log has ended. */
export const closeAll = ({ open }: OpenSessions): ClosedSession[] => {
  const closed = Array.from(open.values(), (session) => ({ session, reason: "end" as const }));
  open.clear();
  return closed;
};

const closeIdle = ({ open, limits, newestMs }: OpenSessions): ClosedSession[] => {
  const closed: ClosedSession[] = [];
  for (const [key, session] of open) {
    // Touched later means newer, but for lines that came late.
    if (session.lastMs + limits.idleMs >= newestMs) break;
    open.delete(key);
    closed.push({ session, reason: "idle" });
  }
  return closed;
};
