import { dayFolder } from "@tidewatch/core/dataset/manifest";
import { archiveObjectOf, compareObjects } from "@tidewatch/core/ingest/archive-key";
import { quoted, type Workspace } from "./duckdb.ts";
import { type FileSpan, toParquet } from "./parquet.ts";

/** A file that was fetched, and the objects whose rows in it count. */
export type FetchedFile = { path: string; live: readonly { name: string }[] };

/** Several compacted files of a day → one, without what was replaced. */
export const copyDay = async (
  workspace: Workspace,
  day: string,
  files: readonly FetchedFile[],
  path: string,
): Promise<FileSpan> => {
  const origins = files.flatMap(({ live }, file) => live.map(({ name }) => ({ file, name })));
  await fillOrigins(workspace, day, origins);
  const parts = files.map((file, index) => `SELECT *, ${index} AS file FROM read_parquet(${quoted(file.path)})`);
  return await toParquet(
    workspace,
    `SELECT e.*, o.rank FROM (${parts.join(" UNION ALL BY NAME ")}) e JOIN origin o ON e.origin = o.name AND e.file = o.file`,
    path,
  );
};

/** The table `origin`: objects of a day in their order, and in which file each is. */
const fillOrigins = async (
  { db }: Workspace,
  day: string,
  origins: readonly { file: number; name: string }[],
): Promise<void> => {
  await db.run("CREATE TABLE origin (rank INTEGER, file INTEGER, name VARCHAR)");
  const appender = await db.createAppender("origin");
  const ordered = origins
    .flatMap(({ file, name }) => {
      const object = archiveObjectOf(dayFolder(day) + name);
      return object ? [{ ...object, file, name }] : [];
    })
    .sort(compareObjects);
  for (const [rank, { file, name }] of ordered.entries()) {
    appender.appendInteger(rank);
    appender.appendInteger(file);
    appender.appendVarchar(name);
    appender.endRow();
  }
  appender.closeSync();
};
