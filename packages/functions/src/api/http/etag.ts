import { AppError } from "@tidewatch/core/errors";
import { configHash } from "@tidewatch/core/feature/hash";
import type { DetectorEntry, StoredDetector } from "@tidewatch/core/store/detectors";
import type { ApiContext } from "./env.ts";
import { httpError } from "./problem.ts";

/** The version alone would come back when a detector is deleted and made again: the hash tells the two apart. */
export const etagOf = ({ detector, version }: StoredDetector): string => `"${version}-${configHash(detector)}"`;

const names = (header: string, etag: string): boolean =>
  header.trim() === "*" || header.split(",").some((one) => one.trim().replace(/^W\//, "") === etag);

/** Of a document that cannot be read the version is all that is known: no reader was given this name. */
const etagOfEntry = ({ version, read }: DetectorEntry): string =>
  read instanceof AppError ? `"${version}-unreadable"` : etagOf({ detector: read, version });

/** Throws `PRECONDITION_FAILED` unless the request's If-Match and If-None-Match allow to write over what is there. */
export const checkPreconditions = (c: ApiContext, there: DetectorEntry | undefined): void => {
  const etag = there && etagOfEntry(there);
  const match = c.req.header("if-match");
  if (match !== undefined && !(etag && names(match, etag))) {
    throw httpError("PRECONDITION_FAILED", "If-Match names another state than the present one; read it again.");
  }
  const noneMatch = c.req.header("if-none-match");
  if (noneMatch !== undefined && etag && names(noneMatch, etag)) {
    throw httpError("PRECONDITION_FAILED", "If-None-Match names the present state: it is there already.");
  }
};

/** Whether the reader has this state already: answer 304. */
export const isUnchanged = (c: ApiContext, etag: string): boolean => {
  const known = c.req.header("if-none-match");
  return known !== undefined && names(known, etag);
};
