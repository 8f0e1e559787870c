import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@tidewatch/core/errors";
import { compactHandler } from "@tidewatch/functions/compact-handler";
import { archiveDatasets } from "@tidewatch/functions/dataset/datasets";
import { DUCKDB_LIMITS } from "@tidewatch/functions/dataset/duckdb";
import { fileBlobs } from "../blobs/file-blobs.ts";
import { isAlive } from "../blobs/temporary-files.ts";
import { dataPaths } from "../runtime/paths.ts";
import { openSqliteTable } from "../table/sqlite-table.ts";
import type { Compacted, DatasetOrder, DatasetReport } from "./messages.ts";

/** Entry of a process that does one piece of work with DuckDB, answers, and ends. */
const run = async (order: DatasetOrder): Promise<DatasetReport> => {
  const paths = dataPaths(order.directory);
  const blobs = fileBlobs(paths.objects);
  const limits = { ...DUCKDB_LIMITS, temporary: await workFolder(paths.work) };
  if (order.kind === "compact") return await compact(order, { blobs, clock: Date.now, limits });
  const { table, close } = openSqliteTable(paths.table, { now: Date.now });
  try {
    return {
      kind: "frozen",
      info: await archiveDatasets({ table, blobs, clock: Date.now }, limits).freeze(order.query),
    };
  } finally {
    close();
  }
};

/** A folder of this process's own; those of processes that were killed go. */
const workFolder = async (root: string): Promise<string> => {
  const own = join(root, String(process.pid));
  await mkdir(own, { recursive: true });
  for (const name of await readdir(root)) {
    if (!isAlive(Number(name))) await rm(join(root, name), { recursive: true, force: true });
  }
  return own;
};

type Ports = Pick<Parameters<typeof compactHandler>[0], "blobs" | "clock" | "limits">;
const compact = async (
  { takenUntilMs, rules }: Extract<DatasetOrder, { kind: "compact" }>,
  ports: Ports,
): Promise<DatasetReport> => {
  let made: Compacted | undefined;
  const onReport = (report: Compacted): void => {
    made = report;
  };
  await compactHandler({ ...ports, rules, takenUntil: () => takenUntilMs, onReport })();
  if (!made) throw new AppError("INTERNAL", "the compaction gave no report");
  return { kind: "compacted", report: made };
};

const answer = async (order: DatasetOrder): Promise<void> => {
  const report = await run(order).catch((error: unknown): DatasetReport => {
    if (error instanceof AppError) return { kind: "failed", code: error.code, message: error.message };
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "failed", code: "INTERNAL", message };
  });
  process.send!(report, () => process.exit());
};

process.once("message", (order: DatasetOrder) => {
  void answer(order);
});
// Nobody is left to hear the answer.
process.once("disconnect", () => process.exit());
