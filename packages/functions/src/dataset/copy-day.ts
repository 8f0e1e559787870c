import type { LiveSource } from "@tidewatch/core/dataset/manifest";
import { quoted, type Workspace } from "./duckdb.ts";
import { compareKinds, type FileSpan, fillTable, type Kind, kindsOf, toParquet } from "./parquet.ts";

/** A file that was fetched, and the objects whose rows in it count. */
export type FetchedFile = { path: string; live: readonly LiveSource[] };

/** Several compacted files of a day → one, without what was replaced. Its sources are those that live, file by file. */
export const copyDay = async (workspace: Workspace, files: readonly FetchedFile[], path: string): Promise<FileSpan> => {
  const known = new Map<string, { kind: Kind; at: [file: number, kind: number][] }>();
  for (const [file, one] of files.entries()) {
    for (const [index, kind] of (await kindsOf(workspace, one.path)).entries()) {
      const text = JSON.stringify(kind);
      const found = known.get(text) ?? { kind, at: [] };
      found.at.push([file, index]);
      known.set(text, found);
    }
  }
  const kinds = [...known.values()].sort((a, b) => compareKinds(a.kind, b.kind));
  const moved = kinds.flatMap(({ at }, kind) => at.map(([file, before]) => [file, before, kind]));
  await fillTable(workspace, "moved_kind", ["file", "before", "kind"], moved);
  const origins = files.flatMap(({ live }, file) => live.map(({ origin }) => [file, origin]));
  const movedOrigins = origins.map((one, origin) => [...one, origin]);
  await fillTable(workspace, "moved_origin", ["file", "before", "origin"], movedOrigins);
  const parts = files.map((file, index) => `SELECT *, ${index} AS file FROM read_parquet(${quoted(file.path)})`);
  return await toParquet(
    workspace,
    `SELECT k.kind, o.origin, e.* EXCLUDE (file, kind, origin) FROM (${parts.join(" UNION ALL BY NAME ")}) e
     JOIN moved_kind k ON e.file = k.file AND e.kind = k.before
     JOIN moved_origin o ON e.file = o.file AND e.origin = o.before`,
    kinds.map(({ kind }) => kind),
    path,
  );
};
