import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createKey, listKeys, revokeKey } from "@tidewatch/core/access/store";
import { AppError } from "@tidewatch/core/errors";
import type { Table } from "@tidewatch/core/store/ports";
import type { KeyAdmin } from "./key-admin.ts";

/** Keys per range query. */
const PAGE = 100;

/** The table of a local data folder; it may be in use by a server, which sees the change within half a minute. */
export const directoryKeys = async (directory: string): Promise<KeyAdmin> => {
  const [{ openSqliteTable }, { dataPaths }] = await Promise.all([
    import("@tidewatch/local/table/sqlite-table"),
    import("@tidewatch/local/runtime/paths"),
  ]);
  const path = dataPaths(directory).table;
  if (!existsSync(path)) {
    const where = resolve(directory);
    throw new AppError(
      "NOT_FOUND",
      `${where} is no data folder yet; start Tidewatch with --directory ${directory} first.`,
    );
  }
  const { table, close } = openSqliteTable(path, { now: Date.now });
  return tableKeys(table, close);
};

/** The table on DynamoDB, with the AWS credentials and the region of the environment. */
export const dynamoKeys = async (tableName: string): Promise<KeyAdmin> => {
  const [{ dynamoTable }, { dynamoClient }] = await Promise.all([
    import("@tidewatch/functions/aws/dynamo-table"),
    import("@tidewatch/functions/aws/clients"),
  ]);
  const client = dynamoClient();
  return tableKeys(dynamoTable({ client, tableName, clock: Date.now }), () => client.destroy());
};

const tableKeys = async (table: Table, close: () => void): Promise<KeyAdmin> => {
  const { keyDocument } = await import("@tidewatch/functions/api/schemas/keys");
  const ports = { table, clock: Date.now, random: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
  return {
    async create(wanted) {
      const { key, token } = await createKey(ports, wanted);
      return { key: keyDocument(key, undefined), token };
    },
    async list() {
      const found = await listKeys(table, { after: "", limit: PAGE });
      for (let full = found.length === PAGE; full; ) {
        const more = await listKeys(table, { after: found.at(-1)!.key.id, limit: PAGE });
        found.push(...more);
        full = more.length === PAGE;
      }
      return found.map(({ key, lastUsedAtMs }) => keyDocument(key, lastUsedAtMs));
    },
    revoke: (id) => revokeKey(ports, id),
    close,
  };
};
