import { listAnomalousSessions } from "@tidewatch/core/log/read/anomalous-sessions";
import type { ApiPorts } from "../ports.ts";

const DAY_MS = 24 * 3_600_000;
/** Looked at per detector: more are told as so many and more. */
const MOST_ANOMALOUS = 100;

/** Sessions found anomalous that began within a day, by their own time. */
export const anomalousOfDay = async ({ table, clock }: Pick<ApiPorts, "table" | "clock">, id: string) => {
  const nowMs = clock();
  const range = { fromMs: nowMs - DAY_MS, toMs: nowMs + 1, limit: MOST_ANOMALOUS + 1 };
  const found = await listAnomalousSessions(table, id, range);
  return { lastDay: Math.min(found.length, MOST_ANOMALOUS), hasMore: found.length > MOST_ANOMALOUS };
};
