import { AppError } from "@tidewatch/core/errors";

/** One alternative of a filter's leaf; `undefined` stands for an absent field. */
export type Matcher = (leaf: unknown) => boolean;

const COMPARISONS: Record<string, (value: number, bound: number) => boolean> = {
  "=": (value, bound) => value === bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
};

/** A plain value means equality; an object with one key names the comparison. */
export const matcherOf = (rule: unknown, path: string): Matcher => {
  if (isScalar(rule)) return (leaf) => leaf === rule;
  if (typeof rule !== "object" || rule === null) throw unknown(path, rule);
  const [entry, ...more] = Object.entries(rule);
  if (!entry || more.length > 0) throw unknown(path, rule);
  const [operator, operand] = entry;
  return comparison(operator, operand) ?? raise(unknown(path, rule));
};

const comparison = (operator: string, operand: unknown): Matcher | undefined => {
  if (operator === "exists" && typeof operand === "boolean") return (leaf) => (leaf !== undefined) === operand;
  if (operator === "anything-but") return anythingBut(operand);
  if (operator === "numeric") return numeric(operand);
  if (typeof operand !== "string") return undefined;
  if (operator === "prefix") return (leaf) => typeof leaf === "string" && leaf.startsWith(operand);
  if (operator === "suffix") return (leaf) => typeof leaf === "string" && leaf.endsWith(operand);
  if (operator !== "equals-ignore-case") return undefined;
  return (leaf) => typeof leaf === "string" && leaf.toLowerCase() === operand.toLowerCase();
};

/** The field must be there and be none of the values. */
const anythingBut = (operand: unknown): Matcher | undefined => {
  const values: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (values.length === 0 || !values.every((value) => typeof value === "string" || typeof value === "number")) {
    return undefined;
  }
  return (leaf) => leaf !== undefined && !values.some((value) => value === leaf);
};

/** `["=", 5]`, or a range such as `[">", 0, "<=", 5]`. */
const numeric = (operand: unknown): Matcher | undefined => {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) return undefined;
  const tests: { compare: (value: number, bound: number) => boolean; bound: number }[] = [];
  for (let at = 0; at < operand.length; at += 2) {
    const bound: unknown = operand[at + 1];
    const compare = COMPARISONS[String(operand[at])];
    if (!compare || typeof bound !== "number") return undefined;
    tests.push({ compare, bound });
  }
  return (leaf) => typeof leaf === "number" && tests.every(({ compare, bound }) => compare(leaf, bound));
};

const isScalar = (rule: unknown): boolean =>
  rule === null || typeof rule === "string" || typeof rule === "number" || typeof rule === "boolean";

const unknown = (path: string, rule: unknown): AppError =>
  new AppError("VALIDATION", `the filter at ${path} has an unknown comparison: ${JSON.stringify(rule)}`);

const raise = (error: Error): never => {
  throw error;
};
