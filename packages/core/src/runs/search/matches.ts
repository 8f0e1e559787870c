import type { Lookup } from "./fields.ts";
import type { Comparison, Op } from "./parse.ts";

/** Whether all comparisons hold. What a thing does not have compares as false, whatever the comparison. */
export const matches = (comparisons: readonly Comparison[], lookup: Lookup): boolean =>
  comparisons.every(({ field, op, value }) => {
    const found = lookup(field);
    const values = Array.isArray(found) ? (found as readonly string[]) : found === undefined ? [] : [found];
    if (op === "IS NULL") return values.length === 0;
    if (op === "IS NOT NULL") return values.length > 0;
    return values.some((one) => holds(one as string | number, op, value));
  });

const holds = (found: string | number, op: Op, value: Comparison["value"]): boolean => {
  switch (op) {
    case "=":
      return found === value;
    case "!=":
      return found !== value;
    case "<":
      return found < value;
    case "<=":
      return found <= value;
    case ">":
      return found > value;
    case ">=":
      return found >= value;
    case "LIKE":
      return isLike(String(found), String(value));
    case "ILIKE":
      return isLike(String(found).toLowerCase(), String(value).toLowerCase());
    default:
      return (value as readonly string[]).includes(String(found)) === (op === "IN");
  }
};

/**
 * SQL's LIKE: `%` is any run of characters, `_` one. Goes back to the last `%` only, so its time is bounded by the product of
 * the lengths.
 */
export const isLike = (text: string, pattern: string): boolean => {
  let [at, in_, backAt, backIn] = [0, 0, -1, -1];
  while (at < text.length) {
    const wanted = pattern[in_];
    if (wanted === "%") {
      backIn = in_++;
      backAt = at;
      continue;
    }
    if (wanted !== undefined && (wanted === "_" || wanted === text[at])) {
      in_ += 1;
      at += 1;
      continue;
    }
    if (backIn < 0) return false;
    in_ = backIn + 1;
    at = ++backAt;
  }
  while (pattern[in_] === "%") in_ += 1;
  return in_ === pattern.length;
};
