import { AppError, type ErrorCode } from "@tidewatch/core/errors";

type Explanation = { code: ErrorCode; says: string };

/** SQLite's primary result codes and file system errors, as one sentence that says what to do. */
const EXPLANATIONS: Record<string, Explanation> = {
  SQLITE_NOTADB: { code: "CORRUPT", says: "is not a database: move it away, or choose another data folder" },
  SQLITE_CORRUPT: {
    code: "CORRUPT",
    says: "is damaged: restore the data folder from a copy, or move the whole folder away to start afresh",
  },
  SQLITE_CANTOPEN: { code: "UNAVAILABLE", says: "cannot be opened: is its folder there and writable?" },
  SQLITE_READONLY: { code: "UNAVAILABLE", says: "cannot be written: check the permissions of the file and its folder" },
  SQLITE_PERM: { code: "UNAVAILABLE", says: "cannot be opened: check its permissions" },
  SQLITE_FULL: { code: "UNAVAILABLE", says: "cannot grow: the disk is full" },
  SQLITE_IOERR: { code: "UNAVAILABLE", says: "could not be read or written: check the disk" },
  SQLITE_BUSY: { code: "UNAVAILABLE", says: "is locked by another process: is a second Tidewatch running?" },
  EACCES: { code: "UNAVAILABLE", says: "cannot be made: its folder is not writable" },
  EPERM: { code: "UNAVAILABLE", says: "cannot be made: its folder is not writable" },
  ENOENT: { code: "UNAVAILABLE", says: "cannot be made: nor can its folder" },
  EROFS: { code: "UNAVAILABLE", says: "cannot be made: the file system is read-only" },
  ENOSPC: { code: "UNAVAILABLE", says: "cannot be made: the disk is full" },
  EEXIST: { code: "UNAVAILABLE", says: "cannot be made: a file stands where its folder should be" },
  ENOTDIR: { code: "UNAVAILABLE", says: "cannot be made: a file stands where its folder should be" },
};

/** Whatever was thrown, as an AppError that names the file. AppErrors stay as they are. */
export const asAppError = (error: unknown, path: string): AppError => {
  if (error instanceof AppError) return error;
  const name = codeOf(error);
  const known = EXPLANATIONS[name] ?? EXPLANATIONS[primaryCode(name)];
  if (known !== undefined) return new AppError(known.code, `${path} ${known.says} (${name})`, { cause: error });
  return new AppError("INTERNAL", `${path}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
};

export const isBusy = (error: unknown): boolean => primaryCode(codeOf(error)) === "SQLITE_BUSY";

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** `SQLITE_IOERR_FSYNC` is an `SQLITE_IOERR`. */
const primaryCode = (code: string): string => code.split("_").slice(0, 2).join("_");
