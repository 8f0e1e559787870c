import type { DriftCheckDocument, DriftSummary } from "@tidewatch/functions/api/schemas/drift";
import { httpClient, type Server } from "../http/client.ts";

/** A check that makes its reference first reads weeks of rows. */
const CHECK_TIMEOUT_MS = 120_000;

/** Drift checks of a server. */
export const driftAdmin = (server: Server) => {
  const client = httpClient(server, CHECK_TIMEOUT_MS);
  const pathOf = (detector: string) => `/v1/drift/${encodeURIComponent(detector)}`;
  /** Pages until there are enough, or no more. */
  const all = async <T>(path: string, most: number): Promise<T[]> => {
    const items: T[] = [];
    for (let cursor: string | null | undefined; cursor !== null && items.length < most; ) {
      const limit = String(Math.min(100, most - items.length));
      const query = new URLSearchParams({ limit, ...(cursor ? { cursor } : {}) });
      const page = (await client.request("GET", `${path}?${query}`)) as { items: T[]; cursor: string | null };
      items.push(...page.items);
      cursor = page.cursor;
    }
    return items;
  };
  return {
    list: () => all<DriftSummary>("/v1/drift", Number.POSITIVE_INFINITY),
    /** The newest first. */
    checks: (detector: string, limit: number) => all<DriftCheckDocument>(pathOf(detector), limit),
    check: async (detector: string) =>
      (await client.request("POST", `${pathOf(detector)}/check`)) as DriftCheckDocument,
  };
};
