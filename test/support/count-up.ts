import { workerData } from "node:worker_threads";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";

/** Worker: adds one to each of two items, `rounds` times, by conditional puts that are retried until written. */
const { path, rounds } = workerData as { path: string; rounds: number };
const { table, close } = openSqliteTable(path, { now: Date.now });
const keys = [
  { pk: "p", sk: "x" },
  { pk: "p", sk: "y" },
];
for (let round = 0; round < rounds; round++) {
  for (let pending = keys; pending.length > 0; ) {
    const items = (await table.getMany(pending)).map((item) => item!);
    const outcomes = await table.putMany(
      items.map((item) => ({
        item: { ...item, version: item.version + 1 },
        condition: { kind: "version", version: item.version },
      })),
    );
    pending = pending.filter((_, index) => outcomes[index] === "conflict");
  }
}
close();
