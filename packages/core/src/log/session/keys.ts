import { RE2JS } from "re2js";
import { AppError } from "../../errors.ts";
import type { LogLine } from "../line/log-line.ts";

/** Where the key of a session stands: in a field of structured lines, or wherever a regular expression matches. */
export type KeySource = { field: string } | { pattern: string };

/** Keys of one line; a line that names more belongs to the first ones. */
const MAX_KEYS = 16;
/** Longer keys are cut: they share a session then, which is better than none. */
const MAX_KEY_CHARS = 256;
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
      return key ? [key.slice(0, MAX_KEY_CHARS)] : [];
    };
  }
  const pattern = compile(source.pattern);
  const group = pattern.groupCount() > 0 ? 1 : 0;
  return (_, text) => {
    const keys: string[] = [];
    const matcher = pattern.matcher(text.length > MAX_TEXT_CHARS ? text.slice(0, MAX_TEXT_CHARS) : text);
    while (keys.length < MAX_KEYS && matcher.find()) {
      const key = matcher.group(group)?.slice(0, MAX_KEY_CHARS);
      if (key && !keys.includes(key)) keys.push(key);
    }
    return keys;
  };
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
