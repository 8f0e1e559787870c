import type { NewKey } from "@tidewatch/core/access/key";
import type { KeyDocument } from "@tidewatch/functions/api/schemas/keys";
import { httpClient, type Server } from "../http/client.ts";
import { directoryKeys, dynamoKeys } from "./table-keys.ts";

export type Created = { key: KeyDocument; token: string };
/** Keys, wherever they are managed: through a server, or in the table itself. */
export type KeyAdmin = {
  create(wanted: NewKey): Promise<Created>;
  list(): Promise<KeyDocument[]>;
  revoke(id: string): Promise<void>;
  close(): void;
};

/** `directory` and `table` need no key, but the right to write there: that is how the very first key is made. */
export type Where = Server & { directory?: string; table?: string };

export const keyAdmin = async ({ directory, table, ...server }: Where): Promise<KeyAdmin> => {
  if (directory !== undefined) return directoryKeys(directory);
  return table === undefined ? serverKeys(server) : dynamoKeys(table);
};

const serverKeys = (server: Server): KeyAdmin => {
  const client = httpClient(server);
  return {
    create: async (wanted) => (await client.request("POST", "/v1/keys", { body: JSON.stringify(wanted) })) as Created,
    async list() {
      const items: KeyDocument[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
        const page = (await client.request("GET", `/v1/keys${query}`)) as Page;
        items.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== null);
      return items;
    },
    revoke: async (id) => {
      await client.request("DELETE", `/v1/keys/${encodeURIComponent(id)}`);
    },
    close: () => {},
  };
};

type Page = { items: KeyDocument[]; cursor: string | null };
