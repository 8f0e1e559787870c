import { AppError } from "@tidewatch/core/errors";
import { type Matcher, matcherOf } from "./filter-matcher.ts";
import type { EventSourceMapping } from "./mapping.ts";

export type RecordFilter = (data: Uint8Array) => boolean;

type Json = { [key: string]: unknown };
type Predicate = (value: unknown) => boolean;

/**
 * Lambda's event filtering for Kinesis: patterns on `data`, whose fields must all match while each field's matchers are
 * alternatives; `$or` holds alternatives over several fields. Data that are not JSON match no pattern on `data`.
 * Source: Lambda developer guide, "Event filtering" and "Using event filtering with a Kinesis event source".
 */
export const recordFilter = (criteria: EventSourceMapping["filterCriteria"]): RecordFilter => {
  const patterns = criteria.filters.map(({ pattern }) => compilePattern(pattern));
  if (patterns.length === 0) return () => true;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const needles = requiredTexts(criteria);
  return (data) => {
    if (needles && lacks(data, needles)) return false;
    let value: unknown;
    try {
      value = JSON.parse(decoder.decode(data));
    } catch {
      return false;
    }
    return isObject(value) && patterns.some((matches) => matches(value));
  };
};

/** Texts of which data that match must hold one; `undefined` where a pattern asks for none. */
const requiredTexts = ({ filters }: EventSourceMapping["filterCriteria"]): Buffer[] | undefined => {
  const needles: Buffer[] = [];
  for (const { pattern } of filters) {
    const { data } = JSON.parse(pattern) as { data?: Json };
    const wanted = Object.values(data ?? {}).find((rule) => isTexts(rule));
    if (!wanted) return undefined;
    needles.push(...(wanted as string[]).map((text) => Buffer.from(JSON.stringify(text))));
  }
  return needles;
};

const isTexts = (rule: unknown): boolean => Array.isArray(rule) && rule.every((one) => typeof one === "string");

const BACKSLASH = 0x5c;
/** Ten times as fast as to parse what does not match. An escape could spell a text in another way. */
const lacks = (data: Uint8Array, needles: readonly Buffer[]): boolean => {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return !bytes.includes(BACKSLASH) && !needles.some((needle) => bytes.includes(needle));
};

const compilePattern = (pattern: string): Predicate => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(pattern);
  } catch (error) {
    throw new AppError("VALIDATION", `the filter pattern ${pattern} is not JSON`, { cause: error });
  }
  if (!isObject(parsed) || Object.keys(parsed).some((key) => key !== "data")) {
    throw new AppError("VALIDATION", 'a filter pattern for Kinesis is an object with the key "data" only');
  }
  return isObject(parsed.data) ? compileNode(parsed.data, "data") : () => true;
};

const compileNode = (node: Json, path: string): Predicate => {
  const fields = Object.entries(node).map(([key, rule]) => compileField(key, rule, `${path}.${key}`));
  return (value) => fields.every((matches) => matches(value));
};

const compileField = (key: string, rule: unknown, path: string): Predicate => {
  if (key === "$or") return compileOr(rule, path);
  if (Array.isArray(rule)) {
    const matchers = rule.map((matcher) => matcherOf(matcher, path));
    return (value) => leafMatches(fieldOf(value, key), matchers);
  }
  if (!isObject(rule))
    throw new AppError("VALIDATION", `the filter at ${path} must be an array of values or an object`);
  const nested = compileNode(rule, path);
  return (value) => {
    const inner = fieldOf(value, key);
    return Array.isArray(inner) ? inner.some(nested) : nested(inner);
  };
};

const compileOr = (rule: unknown, path: string): Predicate => {
  if (!Array.isArray(rule) || rule.length < 2 || !rule.every(isObject)) {
    throw new AppError("VALIDATION", `the filter at ${path} must be an array of at least two objects`);
  }
  const alternatives = rule.map((node, index) => compileNode(node, `${path}[${index}]`));
  return (value) => alternatives.some((matches) => matches(value));
};

/** An array in the data matches when one of its elements does; an object is no leaf and counts as absent. */
const leafMatches = (value: unknown, matchers: readonly Matcher[]): boolean => {
  const candidates = Array.isArray(value) ? (value.length > 0 ? value : [undefined]) : [value];
  return matchers.some((matches) => candidates.some((leaf) => matches(isObject(leaf) ? undefined : leaf)));
};

const fieldOf = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
