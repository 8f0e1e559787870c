import { isValueWord, isWord, maskValues, VARIABLE } from "./masks.ts";

/** Tokens kept of one message; what follows is one `...`. */
const MAX_TOKENS = 256;
/** Longest block of tokens whose repetitions are folded. */
const MAX_BLOCK = 8;

/**
 * A message without its values. For display only, and never compared: `spaces[i]` says whether a blank stood before
 * token i, `texts[i]` is how it reads (`core.<*>`, `<*> bytes`).
 */
export type Skeleton = { tokens: string[]; spaces: boolean[]; texts: string[] };

const SPLIT = /\s+|"[^"]{0,200}"|<\*>|\.{2,}|(?:[^\s=,;:()[\]{}<>"'|.]|\.(?![.\s]|$))+|::?|./gu;
const KEY = /^[A-Za-z][A-Za-z_.-]*\d{0,3}[A-Za-z_.-]*$/;
const UNIT = /^(?:[KMGTP]i?B|B|[kMG]bps|[num\u00b5]?s|secs?|mins?|hrs?|%|bytes)$/;
/** `core.2275`, `node-12`, `CPU#0`: what the number counts. */
const COUNTED = /^([A-Za-z]{2,}[-.#])[A-Z]?\d\w*$/;
const REQUEST = /^(GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS) /;
const JOINERS = new Set([",", ":", ";", "-", "/", "="]);

/**
 * Cuts a canonical text into tokens and puts `<*>` for each value, by form alone. Neighbouring variables become one, a
 * unit behind a variable vanishes, a quoted text is one token, repeated blocks that hold a variable are one block.
 */
export const skeletonOf = (text: string): Skeleton => {
  const parts = maskValues(text).match(SPLIT) ?? [];
  const tokens: string[] = [];
  const spaces: boolean[] = [];
  const texts: string[] = [];
  let space = false;
  const push = (token: string, text = token) => {
    tokens.push(token);
    spaces.push(space);
    texts.push(text);
    space = false;
  };
  const drop = (count: number) => {
    tokens.length -= count;
    spaces.length = texts.length = tokens.length;
    texts[tokens.length - 1] = VARIABLE;
    space = false;
  };
  const last = (back: number) => tokens[tokens.length - back];
  for (let index = 0; index < parts.length; index++) {
    if (tokens.length >= MAX_TOKENS) {
      push("...");
      break;
    }
    const part = parts[index]!;
    if (part.trim() === "") {
      space = tokens.length > 0;
      continue;
    }
    if (part.length > 1 && part[0] === '"') {
      const inner = part.slice(1, -1);
      const request = REQUEST.exec(inner);
      push('"');
      if (request) {
        push(request[1]!);
        space = true;
      }
      push(request || !isWord(inner) || /\d/.test(inner) || isValueWord(inner, false) ? VARIABLE : inner);
      push('"');
      continue;
    }
    const next = parts[index + 1];
    const isName = (next === "=" || next === "(") && KEY.test(part);
    const isValue = part !== VARIABLE && isWord(part) && !isName && isValueWord(part, last(1) === "=");
    const token = isValue ? VARIABLE : part;
    if (token === VARIABLE) {
      const at = next === " " ? index + 2 : index + 1;
      const unit = UNIT.test(parts[at] ?? "") ? parts[at] : undefined;
      if (unit) index = at;
      if (last(1) === VARIABLE) {
        drop(0);
        continue;
      }
      if (last(2) === VARIABLE && JOINERS.has(last(1)!)) {
        drop(1);
        continue;
      }
      push(VARIABLE, `${COUNTED.exec(part)?.[1] ?? ""}${VARIABLE}${unit === "bytes" ? " bytes" : ""}`);
      continue;
    }
    if (token === "}" && last(1) === VARIABLE && last(2) === "{" && last(4) === "=" && isWord(last(3)!)) {
      // state=Word{<*>}: a structure is a value.
      drop(2);
      tokens[tokens.length - 1] = VARIABLE;
      continue;
    }
    if (token === ")" && last(1) === "(" && spaces.at(-1)) push(VARIABLE);
    push(token);
  }
  foldRepeats(tokens, spaces, texts);
  return { tokens, spaces, texts };
};

/** a <*> b <*> a <*> b <*> → a <*> b <*>, for blocks that hold a variable. */
const foldRepeats = (tokens: string[], spaces: boolean[], texts: string[]): void => {
  const equal = (at: number, other: number, size: number) => {
    for (let offset = 0; offset < size; offset++) if (tokens[at + offset] !== tokens[other + offset]) return false;
    return true;
  };
  for (let at = 0; at < tokens.length; at++) {
    for (let size = 2; size <= MAX_BLOCK && at + 2 * size <= tokens.length; size++) {
      if (!equal(at, at + size, size) || !tokens.slice(at, at + size).includes(VARIABLE)) continue;
      let end = at + 2 * size;
      while (end + size <= tokens.length && equal(at, end, size)) end += size;
      for (const list of [tokens, spaces, texts]) list.splice(at + size, end - at - size);
      break;
    }
  }
};
