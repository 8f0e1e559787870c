import { writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileBlobs } from "@tidewatch/local/blobs/file-blobs";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import { objectOf } from "./object-of.ts";

/**
 * Program: writes to stream, table and objects of a folder for ever, and prints a line for each acknowledged write.
 * `name` sets its writes apart from those of other processes.
 */
const [folder, name] = process.argv.slice(2) as [string, string];
const { stream } = openSqliteStream(join(folder, "stream.sqlite"), { now: Date.now });
const { table } = openSqliteTable(join(folder, "table.sqlite"), { now: Date.now });
const blobs = fileBlobs(join(folder, "objects"));
// In one call, so that a line is whole or not there.
const acknowledge = (what: string, ids: string[]) => writeSync(1, ids.map((id) => `${what} ${id}\n`).join(""));

const writeStream = async () => {
  for (let n = 0; ; n += 5) {
    const ids = Array.from({ length: 5 }, (_, i) => `${name}-${n + i}`);
    await stream.putMany(ids.map((id) => ({ partitionKey: name, data: Buffer.from(id) })));
    acknowledge("stream", ids);
  }
};
const writeTable = async () => {
  for (let n = 0; ; n++) {
    const items = ["SERIES#x", "DOCUMENT"].map((pk) => ({ pk, sk: `${name}-${n}`, version: n, doc: "{}" }));
    await table.putMany(items.map((item) => ({ item, condition: { kind: "absent" } })));
    acknowledge("table", [`${name}-${n}`]);
    await setImmediate();
  }
};
const writeObjects = async () => {
  for (let n = 0; ; n++) {
    const key = `${n % 3}/${name}-${n}`;
    if (n % 2 === 0) await blobs.put(key, objectOf(key));
    else await blobs.putIfAbsent(key, objectOf(key));
    acknowledge("object", [key]);
  }
};
await Promise.all([writeStream(), writeTable(), writeObjects(), writeObjects()]);
