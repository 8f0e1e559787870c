import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";

export type DuckDbLimits = {
  /** What DuckDB may hold in memory; the rest it puts into its temporary folder. */
  memoryMegabytes: number;
  threads: number;
  /** A folder is made in it for objects that were fetched and for what does not fit the memory. Default: the system's. */
  temporary?: string;
};
/** Half of what a function of 1.5 GB has: rows and events in hand take the other. */
export const DUCKDB_LIMITS: DuckDbLimits = { memoryMegabytes: 512, threads: 2 };

/** A database of its own, for one piece of work, and a folder for it; both are gone afterwards. */
export type Workspace = { db: DuckDBConnection; folder: string };

/** DuckDB is loaded when it is first used: it takes 25 ms and 30 MB that most commands and servers never need. */
export const withDuckDb = async <T>(limits: DuckDbLimits, use: (workspace: Workspace) => Promise<T>): Promise<T> => {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const folder = await mkdtemp(join(limits.temporary ?? tmpdir(), "tidewatch-dataset-"));
  try {
    const instance = await DuckDBInstance.create(":memory:", {
      threads: String(limits.threads),
      memory_limit: `${limits.memoryMegabytes}MiB`,
      home_directory: folder,
      temp_directory: join(folder, "spilled"),
      // Nothing is fetched from anywhere: the objects are in the folder.
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const db = await instance.connect();
    try {
      return await use({ db, folder });
    } finally {
      db.closeSync();
      instance.closeSync();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** A text in SQL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
