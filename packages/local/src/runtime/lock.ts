import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { AppError } from "@tidewatch/core/errors";
import Database from "better-sqlite3";
import { asAppError, isBusy } from "../sqlite/failure.ts";
import { dataPaths } from "./paths.ts";

/**
 * Takes a data folder for this process: two pipelines over one folder would archive the same records side by side.
 * The lock is the operating system's, held through an open SQLite transaction: it ends with the process however that
 * dies, so there is no stale lock to judge. A file beside it says who holds it.
 *
 * @throws AppError UNAVAILABLE when another process holds it (the message names it) or the folder cannot be written
 */
export const lockDirectory = (directory: string): { release(): void } => {
  const paths = dataPaths(directory);
  let db: Database.Database | undefined;
  try {
    mkdirSync(directory, { recursive: true });
    db = new Database(paths.lock, { timeout: 0 });
    db.exec("BEGIN EXCLUSIVE");
    writeFileSync(paths.lockHolder, JSON.stringify({ pid: process.pid, startedAt: new Date().toISOString() }));
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw inUse(directory, paths.lockHolder, error);
    throw asAppError(error, isCode(error, "SQLITE_NOTADB") ? paths.lock : directory);
  }
  const held = db;
  return {
    release() {
      rmSync(paths.lockHolder, { force: true });
      held.exec("ROLLBACK");
      held.close();
    },
  };
};

const inUse = (directory: string, holderPath: string, cause: unknown): AppError =>
  new AppError(
    "UNAVAILABLE",
    `the data folder ${directory} is in use by ${holderOf(holderPath)}: stop it first, or choose another folder`,
    { cause },
  );

const holderOf = (path: string): string => {
  try {
    const { pid, startedAt } = JSON.parse(readFileSync(path, "utf8")) as { pid: number; startedAt: string };
    return `process ${pid} since ${startedAt}`;
  } catch {
    return "another process";
  }
};

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
