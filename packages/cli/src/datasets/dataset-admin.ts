import type { DatasetDocument, FullDataset } from "@tidewatch/functions/api/schemas/datasets";
import { httpClient, type Server } from "../http/client.ts";

export type FreezeWish = {
  detector: string;
  fromMs?: number | undefined;
  toMs?: number | undefined;
  maxRows?: number | undefined;
  keepOpenIncidents?: boolean | undefined;
};

/** Ten million events take half a minute on two free cores. */
const FREEZE_TIMEOUT_MS = 15 * 60_000;

/** Training sets of a server. */
export const datasetAdmin = (server: Server) => {
  const client = httpClient(server, FREEZE_TIMEOUT_MS);
  return {
    async list(): Promise<DatasetDocument[]> {
      const items: DatasetDocument[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const query = new URLSearchParams({ limit: "1000", ...(cursor ? { cursor } : {}) });
        const page = (await client.request("GET", `/v1/datasets?${query}`)) as {
          items: DatasetDocument[];
          cursor: string | null;
        };
        items.push(...page.items);
        cursor = page.cursor;
      }
      return items;
    },
    show: async (hash: string) =>
      (await client.request("GET", `/v1/datasets/${encodeURIComponent(hash)}`)) as FullDataset,
    freeze: async (wish: FreezeWish) =>
      (await client.request("POST", "/v1/datasets", { body: JSON.stringify(wish) })) as DatasetDocument,
  };
};
