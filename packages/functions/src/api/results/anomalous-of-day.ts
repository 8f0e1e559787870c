import { listAnomalousSessions } from "@tidewatch/core/log/read/anomalous-sessions";
import type { ApiPorts } from "../ports.ts";

const DAY_MS = 24 * 3_600_000;
/** Looked at per detector: more are told as so many and more. */
const MOST = 100;

/** How many sessions that began within a day, by the time of their lines, were found anomalous. */
export const anomalousOfDay = async ({ table, clock }: Pick<ApiPorts, "table" | "clock">, id: string) => {
  const nowMs = clock();
  const found = await listAnomalousSessions(table, id, { fromMs: nowMs - DAY_MS, toMs: nowMs + 1, limit: MOST + 1 });
  return { lastDay: Math.min(found.length, MOST), hasMore: found.length > MOST };
};
