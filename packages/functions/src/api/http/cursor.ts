import { httpError } from "./problem.ts";

/** What a list needs to go on: where it stopped, and of which list. Opaque to callers, so that it may change. */
type Position = Record<string, string | number>;

/** @param list which list with which filters: a cursor is good for that one only. */
export const encodeCursor = (list: string, position: Position): string =>
  Buffer.from(JSON.stringify({ list, position })).toString("base64url");

/** Throws `VALIDATION` for anything that this list did not hand out. */
export const decodeCursor = <T extends Position>(
  list: string,
  cursor: string,
  isPosition: (p: Position) => p is T,
): T => {
  const found = parse(cursor);
  if (found?.list === list && found.position && isPosition(found.position)) return found.position;
  throw httpError("VALIDATION", "The cursor is not one of this list with these filters.", {
    errors: [{ path: "query.cursor", message: "must be the cursor of the previous answer, with the same filters" }],
  });
};

const parse = (cursor: string): { list?: string; position?: Position } | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
};
