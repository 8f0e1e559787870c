import { readAnomalies } from "@tidewatch/core/store/anomalies";
import type { Anomaly } from "@tidewatch/core/store/anomaly";
import { timeKey } from "@tidewatch/core/store/keys";
import type { Table } from "@tidewatch/core/store/ports";
import { countThatFit } from "../http/answer-size.ts";

export type AnomalyQuery = {
  detectors: readonly string[];
  entity: string | undefined;
  /** Inclusive. */
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  limit: number;
  /** Only what comes after this one in the order of the list. */
  after: Place | undefined;
};
/** An anomaly's place in the list: newest first, then by key and detector, downwards. */
export type Place = { sk: string; detector: string };
type Found = Place & { anomaly: Anomaly };
/** `resume` says where the next page starts; `undefined` at the end. */
export type AnomalyPage = { anomalies: Anomaly[]; resume: Place | undefined };

const DAY_MS = 86_400_000;
/** Days looked at by one request; a list over a longer gap goes on with its cursor. */
const MAX_DAYS = 4000;

const isAfter = (one: Place, other: Place): boolean =>
  one.sk < other.sk || (one.sk === other.sk && one.detector < other.detector);

/** Anomalies of all these detectors, newest first, day by day as they are stored. */
export const listAnomalies = async (table: Table, query: AnomalyQuery): Promise<AnomalyPage> => {
  const { after, fromMs, limit } = query;
  // A key begins with its time: the list goes on in the day where the last page ended.
  const toMs = after ? Math.min(query.toMs, Number.parseInt(after.sk, 10) + 1) : query.toMs;
  const found: Found[] = [];
  let gap: Place | undefined;
  let dayMs = startOfDay(toMs - 1);
  for (let days = 0; dayMs >= startOfDay(fromMs) && found.length <= limit; days++) {
    if (days === MAX_DAYS) {
      gap = { sk: timeKey(dayMs + DAY_MS), detector: "" };
      break;
    }
    const parts = await Promise.all(query.detectors.map((id) => anomaliesOfDay(table, query, id, dayMs, toMs)));
    found.push(...parts.flat().sort((a, b) => (isAfter(a, b) ? 1 : -1)));
    dayMs -= DAY_MS;
  }
  const wanted = found.slice(0, limit);
  const page = wanted.slice(0, countThatFit(wanted.map(({ anomaly }) => anomaly)));
  const last = found.length > page.length ? page.at(-1) : undefined;
  return {
    anomalies: page.map(({ anomaly }) => anomaly),
    resume: last ? { sk: last.sk, detector: last.detector } : gap,
  };
};

const startOfDay = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;

/** One more than the limit, if there are so many, so that the caller knows that there is a next page. */
const anomaliesOfDay = async (
  table: Table,
  { entity, fromMs, limit, after }: AnomalyQuery,
  detector: string,
  dayMs: number,
  toMs: number,
): Promise<Found[]> => {
  const range = { fromMs: Math.max(fromMs, dayMs), toMs: Math.min(toMs, dayMs + DAY_MS) };
  // With the key of the last one itself, the detectors below its own are still to come.
  const before = after && (detector < after.detector ? `${after.sk}\u0000` : after.sk);
  const found = await readAnomalies(table, detector, { ...range, entity, before, limit: limit + 1 });
  return found.map(({ sk, anomaly }) => ({ sk, detector, anomaly }));
};
