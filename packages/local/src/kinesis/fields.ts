import { type WireError, wireError } from "./wire-error.ts";

/**
 * Reads a request's fields and words what is wrong as Kinesis does: clients match on these sentences, which is why no
 * general schema stands here. A wrong type ends the reading at once; broken constraints are collected for `check`.
 */
export type Fields = {
  string(name: string, rule?: StringRule): string | undefined;
  requiredString(name: string, rule?: StringRule): string;
  integer(name: string, rule: { min: number; max: number }): number | undefined;
  blob(name: string, maxBytes: number): Buffer;
  /** Epoch milliseconds. */
  time(name: string): number | undefined;
  structures(name: string, rule: { min: number; max: number }): Fields[];
  structure(name: string): Fields | undefined;
  /** @throws WireError ValidationException with every broken constraint so far */
  check(): void;
};
type StringRule = { min?: number; max?: number; pattern?: RegExp; oneOf?: readonly string[] };

/** More violations than this are counted, not spelled out: a batch of 500 bad records stays readable. */
const MAX_SPELLED_OUT = 20;
/** Longest value that a message repeats. */
const MAX_QUOTED = 300;

/** @throws WireError SerializationException when the request is no structure */
export const readFields = (input: unknown): Fields => fieldsOf(asStructure(input), "", []);

const fieldsOf = (input: Record<string, unknown>, path: string, violations: string[]): Fields => {
  const complain = (name: string, value: string, constraint: string) =>
    violations.push(`Value ${value} at '${path}${lowerFirst(name)}' failed to satisfy constraint: ${constraint}`);
  const present = (name: string) => input[name] ?? undefined;

  const string = (name: string, rule: StringRule = {}): string | undefined => {
    const value = present(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string") throw notConvertible(value, "String");
    if (!value.isWellFormed()) throw wireError("SerializationException", "A string is not well-formed Unicode.");
    for (const constraint of brokenStringRules(value, rule)) complain(name, quote(value), constraint);
    return value;
  };
  const missing = (name: string) => complain(name, "null", "Member must not be null");

  return {
    string,
    requiredString: (name, rule) => {
      const value = string(name, rule);
      if (value === undefined) missing(name);
      return value ?? "";
    },
    integer: (name, { min, max }) => {
      const value = present(name);
      if (value === undefined) return undefined;
      if (typeof value !== "number") throw notConvertible(value, "Integer");
      if (value < min) complain(name, quote(value), `Member must have value greater than or equal to ${min}`);
      if (value > max) complain(name, quote(value), `Member must have value less than or equal to ${max}`);
      return Math.trunc(value);
    },
    blob: (name, maxBytes) => {
      const value = present(name);
      if (value === undefined) missing(name);
      const bytes = value === undefined ? Buffer.alloc(0) : toBytes(value);
      // The service prints its Java buffer here.
      const shown = `'java.nio.HeapByteBuffer[pos=0 lim=${bytes.length} cap=${bytes.length}]'`;
      if (bytes.length > maxBytes) complain(name, shown, atMost(maxBytes));
      return bytes;
    },
    time: (name) => {
      const value = present(name);
      if (value === undefined) return undefined;
      const ms = value instanceof Date ? value.getTime() : typeof value === "number" ? value * 1000 : Number.NaN;
      if (!Number.isFinite(ms)) throw notConvertible(value, "Timestamp");
      return ms;
    },
    structures: (name, { min, max }) => {
      const value = present(name);
      if (value === undefined) missing(name);
      const items = value ?? [];
      if (!Array.isArray(items)) throw notConvertible(items, "List");
      const shown = items.length === 0 ? "'[]'" : `'[${items.length} members]'`;
      if (value !== undefined && items.length < min) complain(name, shown, atLeast(min));
      if (items.length > max) {
        complain(name, shown, atMost(max));
        return [];
      }
      const memberPath = (index: number) => `${path}${lowerFirst(name)}.${index + 1}.member.`;
      return items.map((item, index) => fieldsOf(asStructure(item), memberPath(index), violations));
    },
    structure: (name) => {
      const value = present(name);
      return value === undefined ? undefined : fieldsOf(asStructure(value), `${path}${lowerFirst(name)}.`, violations);
    },
    check: () => {
      if (violations.length === 0) return;
      const plural = violations.length === 1 ? "error" : "errors";
      const spelledOut = violations.slice(0, MAX_SPELLED_OUT).join("; ");
      throw wireError("ValidationException", `${violations.length} validation ${plural} detected: ${spelledOut}`);
    },
  };
};

const atLeast = (min: number) => `Member must have length greater than or equal to ${min}`;
const atMost = (max: number) => `Member must have length less than or equal to ${max}`;

function* brokenStringRules(value: string, { min, max, pattern, oneOf }: StringRule): Generator<string> {
  if (oneOf && !oneOf.includes(value)) yield `Member must satisfy enum value set: [${oneOf.join(", ")}]`;
  if (pattern && !new RegExp(`^(?:${pattern.source})$`).test(value)) {
    yield `Member must satisfy regular expression pattern: ${pattern.source}`;
  }
  if (min !== undefined && value.length < min) yield atLeast(min);
  if (max !== undefined && value.length > max) yield atMost(max);
}

const asStructure = (value: unknown): Record<string, unknown> => {
  const plain = typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
  if (!plain) throw notConvertible(value, "Structure");
  return value as Record<string, unknown>;
};

/** CBOR carries bytes, JSON base64. Node ignores what is not base64, so the length tells whether anything was ignored. */
const toBytes = (value: unknown): Buffer => {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value !== "string") throw notConvertible(value, "Blob");
  const bytes = Buffer.from(value, "base64");
  const padding = value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0;
  const complete = value.length % 4 === 0 && bytes.length === (value.length / 4) * 3 - padding;
  if (!complete) throw wireError("SerializationException", "A blob is not valid base64.");
  return bytes;
};

const notConvertible = (value: unknown, target: string): WireError => {
  const token =
    value === null
      ? "NULL_VALUE"
      : Array.isArray(value)
        ? "START_ARRAY"
        : typeof value === "object"
          ? "START_OBJECT"
          : typeof value === "boolean"
            ? `${String(value).toUpperCase()}_VALUE`
            : `${(typeof value).toUpperCase()}_VALUE`;
  return wireError("SerializationException", `${token} can not be converted to a ${target}`);
};

const quote = (value: string | number): string => `'${String(value).slice(0, MAX_QUOTED)}'`;
const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
