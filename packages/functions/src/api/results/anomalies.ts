import { Anomaly } from "@tidewatch/core/store/anomaly";
import { anomalyPk, timeKey } from "@tidewatch/core/store/keys";
import type { Table } from "@tidewatch/core/store/ports";

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
/** Anomalies per range query. */
const QUERY_LIMIT = 200;

const isAfter = (one: Place, other: Place): boolean =>
  one.sk < other.sk || (one.sk === other.sk && one.detector < other.detector);

/** Anomalies of all these detectors, newest first, day by day as they are stored. */
export const listAnomalies = async (table: Table, query: AnomalyQuery): Promise<AnomalyPage> => {
  const { after, fromMs, limit } = query;
  // A key begins with its time: the list goes on in the day where the last page ended.
  const toMs = after ? Math.min(query.toMs, Number.parseInt(after.sk, 10) + 1) : query.toMs;
  const found: Found[] = [];
  let dayMs = startOfDay(toMs - 1);
  for (let days = 0; dayMs >= startOfDay(fromMs) && found.length <= limit; days++) {
    if (days === MAX_DAYS) {
      return { anomalies: found.map(({ anomaly }) => anomaly), resume: { sk: timeKey(dayMs + DAY_MS), detector: "" } };
    }
    const parts = await Promise.all(query.detectors.map((id) => anomaliesOfDay(table, query, id, dayMs, toMs)));
    found.push(...parts.flat().sort((a, b) => (isAfter(a, b) ? 1 : -1)));
    dayMs -= DAY_MS;
  }
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return {
    anomalies: page.map(({ anomaly }) => anomaly),
    resume: last && { sk: last.sk, detector: last.detector },
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
  const pk = anomalyPk(detector, dayMs);
  const from = timeKey(Math.max(fromMs, dayMs));
  // "$" sorts right behind the "#" that follows the time in a key.
  let to = `${timeKey(Math.min(toMs, dayMs + DAY_MS) - 1)}$`;
  const found: Found[] = [];
  for (let skip = ""; ; skip = to) {
    const items = await table.query({ pk, from, to, order: "descending", limit: QUERY_LIMIT });
    for (const { sk, doc } of items) {
      if (sk === skip || (after && !isAfter({ sk, detector }, after))) continue;
      const anomaly = Anomaly.parse(JSON.parse(doc ?? "null"));
      if (entity === undefined || anomaly.entity === entity) found.push({ sk, detector, anomaly });
      if (found.length > limit) return found;
    }
    if (items.length < QUERY_LIMIT) return found;
    to = items.at(-1)!.sk;
  }
};
