import type { Domain, Field, Lookup } from "./fields.ts";
import { fieldIn, readerOf } from "./parse.ts";
import { invalid, tokensOf } from "./tokens.ts";

export type Order = { field: Field; descending: boolean };

const MAX_ORDERS = 10;

/** `metrics.rmse DESC`, `start_time`: one column each. @throws AppError VALIDATION */
export const parseOrder = (columns: readonly string[], domain: Domain): Order[] => {
  if (columns.length > MAX_ORDERS) throw invalid(`results are ordered by at most ${MAX_ORDERS} columns`);
  return columns.map((column) => {
    const reader = readerOf(tokensOf(column));
    const field = fieldIn(reader, domain);
    const descending = reader.takeWord("DESC");
    if (!descending) reader.takeWord("ASC");
    if (reader.isAtEnd()) return { field, descending };
    throw invalid(`order_by ${JSON.stringify(column)}: expected ASC, DESC or the end behind the column`);
  });
};

/** Sorts; what has no such field, or no number in it, comes last either way. Ties go to `tie`. */
export const sorted = <T>(
  things: readonly T[],
  orders: readonly Order[],
  lookupOf: (thing: T) => Lookup,
  tie: (a: T, b: T) => number,
): T[] => {
  const keyed = things.map((thing) => {
    const lookup = lookupOf(thing);
    return { thing, keys: orders.map(({ field }) => keyOf(lookup(field))) };
  });
  keyed.sort((a, b) => {
    for (const [at, { descending }] of orders.entries()) {
      const [left, right] = [a.keys[at], b.keys[at]];
      if (left === right) continue;
      if (left === undefined) return 1;
      if (right === undefined) return -1;
      return left < right === descending ? 1 : -1;
    }
    return tie(a.thing, b.thing);
  });
  return keyed.map(({ thing }) => thing);
};

const keyOf = (found: ReturnType<Lookup>): string | number | undefined => {
  if (typeof found === "number") return Number.isNaN(found) ? undefined : found;
  return typeof found === "string" ? found : undefined;
};
