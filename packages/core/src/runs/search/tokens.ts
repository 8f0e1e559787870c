import { AppError } from "../../errors.ts";

/** A piece of a filter. `text` of a quoted one is what stands between the quotes. */
export type Token = { kind: "word" | "name" | "string" | "number" | "symbol"; text: string; at: number };

/** Most characters of a filter. */
const MAX_LENGTH = 20_000;

const PATTERN =
  /\s+|(?<name>`[^`]*`)|(?<double>"[^"]*")|(?<single>'(?:[^']|'')*')|(?<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))|(?<word>[\p{L}\p{N}_/-]+)|(?<symbol>!=|<>|<=|>=|[=<>(),.])/uy;

/** @throws AppError VALIDATION at the first character that belongs to nothing */
export const tokensOf = (filter: string): Token[] => {
  if (filter.length > MAX_LENGTH) throw invalid(`a filter has at most ${MAX_LENGTH} characters`);
  const pattern = new RegExp(PATTERN);
  const tokens: Token[] = [];
  while (pattern.lastIndex < filter.length) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(filter)?.groups;
    if (!groups) throw invalid(`unexpected ${JSON.stringify(filter.slice(at, at + 20))} at ${at + 1}`);
    const token = tokenOf(groups, at);
    if (token) tokens.push(token);
  }
  return tokens;
};

const tokenOf = (groups: Record<string, string | undefined>, at: number): Token | undefined => {
  const { name, double, single, number, word, symbol } = groups;
  if (name !== undefined) return { kind: "name", text: name.slice(1, -1), at };
  if (double !== undefined) return { kind: "string", text: double.slice(1, -1), at };
  if (single !== undefined) return { kind: "string", text: single.slice(1, -1).replaceAll("''", "'"), at };
  if (number !== undefined) return { kind: "number", text: number, at };
  if (word !== undefined) return { kind: "word", text: word, at };
  return symbol === undefined ? undefined : { kind: "symbol", text: symbol === "<>" ? "!=" : symbol, at };
};

export const invalid = (reason: string): AppError => new AppError("VALIDATION", `Invalid filter: ${reason}`);
