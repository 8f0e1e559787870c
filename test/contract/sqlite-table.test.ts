import { join } from "node:path";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tableContract } from "./table.ts";

tableContract("SQLite table", async (now) => {
  const folder = temporaryFolder();
  const { table, close } = openSqliteTable(join(folder.path, "table.sqlite"), { now });
  return {
    table,
    async close() {
      close();
      folder.remove();
    },
  };
});

tableContract("SQLite table without feed", async (now) => {
  const folder = temporaryFolder();
  const { table, close } = openSqliteTable(join(folder.path, "table.sqlite"), { now, withoutFeed: [""] });
  return {
    table,
    async close() {
      close();
      folder.remove();
    },
  };
});
