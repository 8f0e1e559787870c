import { gzipSync } from "node:zlib";
import { COMPACTED } from "@tidewatch/core/dataset/manifest";
import { archiveBatch } from "@tidewatch/core/ingest/archive";
import { inflate } from "@tidewatch/functions/inflate";
import { afterEach, beforeEach, expect, it } from "vitest";
import { queryOf, records } from "../../../../test/support/dataset-world.ts";
import { detector, T0 } from "../../../../test/support/scoring.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { fileBlobs } from "../blobs/file-blobs.ts";
import { dataPaths } from "../runtime/paths.ts";
import { openSqliteTable } from "../table/sqlite-table.ts";
import { type DatasetProcess, datasetProcess } from "./dataset-process.ts";

let folder: ReturnType<typeof temporaryFolder>;
let work: DatasetProcess;
beforeEach(() => {
  folder = temporaryFolder();
  work = datasetProcess(folder.path, fileBlobs(dataPaths(folder.path).objects));
});
afterEach(async () => {
  await work.close();
  folder.remove();
});
const blobs = () => fileBlobs(dataPaths(folder.path).objects);
const archive = async (): Promise<void> => {
  const { table, close } = openSqliteTable(dataPaths(folder.path).table, { now: Date.now });
  await archiveBatch({ table, blobs: blobs(), gzip: async (bytes) => gzipSync(bytes), inflate }, records(2900));
  close();
};
const query = queryOf(detector({ intervalSeconds: 60 }));

it("freezes, compacts and freezes again, each in a process of its own", async () => {
  await archive();
  const before = await work.datasets.freeze(query);
  const report = await work.compact(T0 + 2 * 3_600_000, {});
  expect(report).toMatchObject({ hours: 1, events: 2900, days: 0, objects: 0 });
  expect(await blobs().list(COMPACTED)).toHaveLength(2);
  expect(await work.datasets.freeze(query)).toEqual(before);
  expect((await work.datasets.read(before.hash)).series.map(({ entity }) => entity)).toEqual(["a", "b"]);
}, 20_000);

it("hands on what is wrong, gives up when it closes, and takes nothing with it", async () => {
  await expect(work.datasets.freeze(query)).rejects.toMatchObject({ code: "CONFLICT", message: /no rows/ });
  const given = work.datasets.freeze(query);
  const refused = expect(given).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await work.close();
  await refused;
  await expect(work.compact(T0, {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
