import { ALWAYS, type GivenLabel, type LabelSpan, MAX_LABELS_AT_ONCE } from "@tidewatch/core/store/labels";
import type { LabelDocument, StoredLabels } from "@tidewatch/functions/api/schemas/labels";
import { httpClient, type Server } from "../http/client.ts";

/** Labels of a server. */
export const labelAdmin = (server: Server) => {
  const client = httpClient(server);
  const path = (query: Record<string, string>) => `/v1/labels?${new URLSearchParams(query)}`;
  return {
    /**
     * The wide ones first: of these labels the shorter one holds, whatever their order and however many requests they take.
     * Gives the labelled series that no event has come of.
     */
    async add(labels: readonly GivenLabel[]): Promise<StoredLabels["unseen"]> {
      const ordered = labels.toSorted((a, b) => lengthOf(b) - lengthOf(a));
      const unseen = new Map<string, StoredLabels["unseen"][number]>();
      for (let from = 0; from < ordered.length; from += MAX_LABELS_AT_ONCE) {
        const body = JSON.stringify({ labels: ordered.slice(from, from + MAX_LABELS_AT_ONCE) });
        const answer = (await client.request("POST", "/v1/labels", { body })) as StoredLabels;
        for (const series of answer.unseen) unseen.set(`${series.detector} ${series.entity}`, series);
      }
      return [...unseen.values()];
    },
    async list(detector: string, entity: string | undefined): Promise<LabelDocument[]> {
      const items: LabelDocument[] = [];
      const filter = { detector, ...(entity === undefined ? {} : { entity }), limit: "1000" };
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = (await client.request("GET", path({ ...filter, ...(cursor ? { cursor } : {}) }))) as {
          items: LabelDocument[];
          cursor: string | null;
        };
        items.push(...page.items);
        cursor = page.cursor;
      }
      return items;
    },
    async remove({ detector, entity, fromMs, toMs }: LabelSpan): Promise<void> {
      await client.request("DELETE", path({ detector, entity, from: `${fromMs}`, to: `${toMs}` }));
    },
  };
};

const lengthOf = ({ fromMs = ALWAYS.fromMs, toMs = ALWAYS.toMs }: GivenLabel): number => toMs - fromMs;
