import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { AppError } from "@tidewatch/core/errors";

/** 0: done; 1: it failed; 2: it was called wrongly. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

const SYSTEM_ERRORS: Record<string, string> = {
  ENOENT: "does not exist; check the path",
  EACCES: "must not be opened by this user; check its permissions",
  EPERM: "must not be changed by this user; check its permissions",
  EISDIR: "is a folder; name a file",
  ENOTDIR: "lies below something that is no folder; check the path",
  ENOSPC: "could not be written: the disk is full; free some space",
  EROFS: "lies on a read-only file system; choose another place",
  EMFILE: "could not be opened: too many files are open (ulimit -n)",
};

/** The command was called wrongly: ends with `EXIT.usage`. */
export class UsageError extends AppError {
  constructor(message: string) {
    super("VALIDATION", message);
    this.name = "UsageError";
  }
}

type SystemError = Error & { code: string; path?: string };

const isSystemError = (error: unknown): error is SystemError =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code in SYSTEM_ERRORS;

/** The folder that a path needs and that is not there: then the path's last part is not to blame. */
const missingFolder = ({ code, path }: SystemError): string | undefined => {
  const folder = code === "ENOENT" && path ? dirname(path) : undefined;
  return folder !== undefined && !existsSync(folder) ? folder : undefined;
};

/** What a person reads when a command fails: one sentence that says what to do, no stack. */
export const failureText = (error: unknown): string => {
  if (error instanceof AppError) return error.message;
  const missing = isSystemError(error) && missingFolder(error);
  if (missing) return `The folder ${missing} does not exist; make it, or check the path.`;
  if (isSystemError(error)) return `${error.path ?? "A file"} ${SYSTEM_ERRORS[error.code]}.`;
  const text = error instanceof Error ? error.message : String(error);
  return `Something unexpected went wrong: ${text}. Run it again with --debug to see where.`;
};
