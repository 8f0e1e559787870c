import { RE2JS } from "re2js";
import { AppError } from "../../errors.ts";
import type { LogLine } from "../line/log-line.ts";

/** Where the key of a session stands: in a field of structured lines, or wherever a regular expression matches. */
export type KeySource = { field: string } | { pattern: string };

/** Keys of one line; a line that names more belongs to the first ones. */
const MAX_KEYS = 16;
/** Bytes of UTF-8, as of all names. Longer keys are cut: they share a session then, which is better than none. */
const MAX_KEY_BYTES = 256;
const MAX_PATTERN_CHARS = 1000;
/** Text that is searched: matching takes time linear in it, but no line needs more. */
const MAX_TEXT_CHARS = 32_768;

/** The keys that a line names, each once, in the order in which they stand there. */
export type FindKeys = (line: LogLine, text: string) => string[];

/**
 * A finder of session keys. Patterns are RE2's (no back-references, no look-around): time is linear in the text,
 * whatever the pattern. The first capture group is the key, without one the whole match. Throws `VALIDATION` on a bad
 * pattern.
 */
export const findKeys = (source: KeySource): FindKeys => {
  if ("field" in source) {
    return ({ fields }) => {
      const key = fields?.[source.field];
      return key ? [keyOf(key)] : [];
    };
  }
  const pattern = compile(source.pattern);
  const group = pattern.groupCount() > 0 ? 1 : 0;
  return (_, text) => {
    const keys: string[] = [];
    const matcher = pattern.matcher(text.length > MAX_TEXT_CHARS ? text.slice(0, MAX_TEXT_CHARS) : text);
    while (keys.length < MAX_KEYS && matcher.find()) {
      const found = matcher.group(group);
      const key = found && keyOf(found);
      if (key && !keys.includes(key)) keys.push(key);
    }
    return keys;
  };
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** A text of so many UTF-16 units is within the limit. */
const SURELY_SHORT = Math.floor(MAX_KEY_BYTES / 3);

/** Half a character, at the cut or because the line has it, becomes the sign for one that cannot be read. */
const keyOf = (text: string): string => {
  if (text.length <= SURELY_SHORT) return text.isWellFormed() ? text : text.toWellFormed();
  const bytes = encoder.encode(text);
  if (bytes.length <= MAX_KEY_BYTES) return text.toWellFormed();
  let end = MAX_KEY_BYTES;
  // Bytes that go on a character begin with the bits 10.
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return decoder.decode(bytes.subarray(0, end));
};

const compile = (pattern: string): RE2JS => {
  if (pattern.length > MAX_PATTERN_CHARS) {
    throw new AppError("VALIDATION", `a session pattern has at most ${MAX_PATTERN_CHARS} characters`);
  }
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError("VALIDATION", `the session pattern ${pattern} cannot be used: ${why}`);
  }
};
