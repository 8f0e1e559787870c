import { type AnomalousSession, listAnomalousSessions } from "@tidewatch/core/log/read/anomalous-sessions";
import type { Table } from "@tidewatch/core/store/ports";
import { countThatFit } from "../http/answer-size.ts";

/** A session's place in the list: newest first, then by key and detector, downwards. */
export type Place = { sk: string; detector: string };
export type AnomalousQuery = {
  detectors: readonly string[];
  /** Inclusive. */
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  limit: number;
  /** Only what comes after this one in the order of the list. */
  after: Place | undefined;
};
type Found = { detector: string; session: AnomalousSession };

/** Anomalous sessions of all these detectors; `resume` says where the next page starts, `undefined` at the end. */
export const listAnomalous = async (
  table: Table,
  { detectors, fromMs, toMs, limit, after }: AnomalousQuery,
): Promise<{ found: Found[]; resume: Place | undefined }> => {
  const parts = await Promise.all(
    detectors.map(async (detector) => {
      // With the key of the last one itself, the detectors below its own are still to come.
      const before = after && (detector < after.detector ? `${after.sk}\u0000` : after.sk);
      const sessions = await listAnomalousSessions(table, detector, { fromMs, toMs, before, limit: limit + 1 });
      return sessions.map((session) => ({ detector, session }));
    }),
  );
  const found = parts.flat().sort((a, b) => (isBehind(a, b) ? 1 : -1));
  const wanted = found.slice(0, limit);
  const page = wanted.slice(0, countThatFit(wanted));
  const last = found.length > page.length ? page.at(-1) : undefined;
  return { found: page, resume: last && { sk: last.session.sk, detector: last.detector } };
};

const isBehind = (one: Found, other: Found): boolean =>
  one.session.sk < other.session.sk || (one.session.sk === other.session.sk && one.detector < other.detector);
