import { configHash } from "@tidewatch/core/feature/hash";
import type { StoredDetector } from "@tidewatch/core/store/detectors";
import type { ApiContext } from "./env.ts";
import { httpError } from "./problem.ts";

/** The version alone would come back when a detector is deleted and made again: the hash tells the two apart. */
export const etagOf = ({ detector, version }: StoredDetector): string => `"${version}-${configHash(detector)}"`;

const names = (header: string, etag: string): boolean =>
  header.trim() === "*" || header.split(",").some((one) => one.trim().replace(/^W\//, "") === etag);

/** Throws `PRECONDITION_FAILED` unless the request's If-Match and If-None-Match allow to write over `stored`. */
export const checkPreconditions = (c: ApiContext, stored: StoredDetector | undefined): void => {
  const match = c.req.header("if-match");
  if (match !== undefined && !(stored && names(match, etagOf(stored)))) {
    throw httpError("PRECONDITION_FAILED", "If-Match names another state than the present one; read it again.");
  }
  const noneMatch = c.req.header("if-none-match");
  if (noneMatch !== undefined && stored && names(noneMatch, etagOf(stored))) {
    throw httpError("PRECONDITION_FAILED", "If-None-Match names the present state: it is there already.");
  }
};

/** Whether the reader has this state already: answer 304. */
export const isUnchanged = (c: ApiContext, etag: string): boolean => {
  const known = c.req.header("if-none-match");
  return known !== undefined && names(known, etag);
};
