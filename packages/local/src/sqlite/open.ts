import { dirname } from "node:path";
import { AppError } from "@tidewatch/core/errors";
import Database from "better-sqlite3";
import { asAppError, isBusy } from "./failure.ts";
import { makeFolder } from "./make-folder.ts";

export type FileKind = {
  /** Marks the file as ours (`PRAGMA application_id`): another program's database is refused, not changed. */
  applicationId: number;
  /** `PRAGMA user_version`: a file of a newer program is refused. */
  schemaVersion: number;
  schema: string;
};

/** A write lock is held for one batch, some milliseconds. Short, since the wait blocks the thread; see `retryBusy`. */
const BUSY_TIMEOUT_MS = 100;
/** After a burst the log is cut back to this, so that it does not hold the disk space of its largest moment. */
const WAL_SIZE_LIMIT_BYTES = 64 * 1024 * 1024;
/** Several threads may open a new file at once; each tries this often, up to the busy timeout each time. */
const OPEN_ATTEMPTS = 100;

/**
 * Opens a database file for reading and writing, making it and its folder when they are missing. WAL mode,
 * `synchronous=NORMAL` until the caller says otherwise.
 *
 * @throws AppError CORRUPT (not a database, damaged, another program's, a newer version's), UNAVAILABLE (cannot write)
 */
export const openFile = (path: string, kind: FileKind): Database.Database => {
  try {
    makeFolder(dirname(path));
    for (let attempt = 1; ; attempt++) {
      const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
      try {
        prepare(db, path, kind);
        return db;
      } catch (error) {
        db.close();
        if (!isBusy(error) || attempt === OPEN_ATTEMPTS) throw error;
      }
    }
  } catch (error) {
    throw asAppError(error, path);
  }
};

/** Opens an existing file for reading only, from any thread. */
export const openFileReadOnly = (path: string, kind: FileKind): Database.Database => {
  try {
    const db = new Database(path, { timeout: BUSY_TIMEOUT_MS, readonly: true, fileMustExist: true });
    try {
      checkKind(db, path, kind);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw asAppError(error, path);
  }
};

/** Heads are written again and again: a log of 32 MB writes each page back once where one of 4 MB does it eight times. */
const CHECKPOINT_PAGES = 8000;
/** A connection's own cache, of which a pipeline has a dozen; the operating system keeps the file in memory anyway. */
const CACHE_KIB = 4000;

const prepare = (db: Database.Database, path: string, kind: FileKind): void => {
  // Before anything is written: setting the journal mode would change another program's file.
  if (!isNew(db)) checkKind(db, path, kind);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = NORMAL");
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma(`journal_size_limit = ${WAL_SIZE_LIMIT_BYTES}`);
  db.transaction(() => {
    // Looked at again under the lock: another thread may have made the file meanwhile.
    if (!isNew(db)) return checkKind(db, path, kind);
    db.exec(kind.schema);
    db.pragma(`application_id = ${kind.applicationId}`);
    db.pragma(`user_version = ${kind.schemaVersion}`);
  }).immediate();
};

const isNew = (db: Database.Database): boolean =>
  number(db, "application_id") === 0 && number(db, "schema_version") === 0;

const checkKind = (db: Database.Database, path: string, kind: FileKind): void => {
  if (number(db, "application_id") !== kind.applicationId) {
    throw new AppError("CORRUPT", `${path} is not a file of this kind: move it away, or choose another data folder`);
  }
  const version = number(db, "user_version");
  if (version === kind.schemaVersion) return;
  const advice = version > kind.schemaVersion ? "update Tidewatch" : "move it away to start afresh";
  throw new AppError("CORRUPT", `${path} has format ${version}, this program reads ${kind.schemaVersion}: ${advice}`);
};

const number = (db: Database.Database, pragma: string): number => Number(db.pragma(pragma, { simple: true }));
