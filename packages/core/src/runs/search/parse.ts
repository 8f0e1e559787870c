import { type Domain, type Field, kindOf, typeOf } from "./fields.ts";
import { invalid, type Token, tokensOf } from "./tokens.ts";

export type Comparison = { field: Field; op: Op; value: string | number | readonly string[] };
export type Op = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE" | "IN" | "NOT IN" | "IS NULL" | "IS NOT NULL";

const MAX_COMPARISONS = 100;
const MAX_LISTED = 1000;
const NUMBER_OPS: readonly Op[] = ["=", "!=", "<", "<=", ">", ">="];
const TEXT_OPS: readonly Op[] = ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"];

/**
 * MLflow's filter: comparisons joined by AND, such as ``metrics.rmse < 1 AND tags.`my tag` LIKE 'a%'``.
 * @throws AppError VALIDATION that says what is wrong, and where
 */
export const parseFilter = (filter: string, domain: Domain): Comparison[] => {
  const reader = readerOf(tokensOf(filter));
  const comparisons: Comparison[] = [];
  if (reader.isAtEnd()) return comparisons;
  do {
    comparisons.push(comparison(reader, domain));
    if (comparisons.length > MAX_COMPARISONS) throw invalid(`it has more than ${MAX_COMPARISONS} comparisons`);
  } while (reader.takeWord("AND"));
  if (reader.isAtEnd()) return comparisons;
  const { text } = reader.peek()!;
  throw invalid(`expected AND or the end, not ${JSON.stringify(text)}; OR and parentheses are not known`);
};

type Reader = ReturnType<typeof readerOf>;
export const readerOf = (tokens: readonly Token[]) => {
  let at = 0;
  return {
    peek: (): Token | undefined => tokens[at],
    take: (): Token | undefined => tokens[at++],
    isAtEnd: (): boolean => at >= tokens.length,
    takeWord(word: string): boolean {
      const token = tokens[at];
      if (token?.kind !== "word" || token.text.toUpperCase() !== word) return false;
      at += 1;
      return true;
    },
    takeSymbol(symbol: string): boolean {
      if (tokens[at]?.kind !== "symbol" || tokens[at]?.text !== symbol) return false;
      at += 1;
      return true;
    },
  };
};

const comparison = (reader: Reader, domain: Domain): Comparison => {
  const field = fieldIn(reader, domain);
  const type = typeOf(domain, field)!;
  const op = opIn(reader);
  const allowed = type === "number" ? NUMBER_OPS : TEXT_OPS;
  const name = `${field.kind} '${field.key}'`;
  if (!allowed.includes(op)) throw invalid(`${name} takes ${allowed.join(", ")}, not ${op}`);
  if (op === "IS NULL" || op === "IS NOT NULL") {
    if (field.kind === "param" || field.kind === "tag") return { field, op, value: "" };
    throw invalid(`only params and tags can be asked for ${op}`);
  }
  if (op === "IN" || op === "NOT IN") return { field, op, value: listIn(reader, name) };
  const token = reader.take();
  if (type === "number") {
    if (token?.kind === "number") return { field, op, value: Number(token.text) };
    throw invalid(`expected a number for ${name}, not ${shown(token)}`);
  }
  if (token?.kind === "string") return { field, op, value: token.text };
  throw invalid(`expected a quoted string for ${name}, not ${shown(token)}`);
};

/** `metrics.rmse`, ``tags.`my tag` ``, `params."a b"`, or an attribute by itself. @throws AppError VALIDATION */
export const fieldIn = (reader: Reader, domain: Domain): Field => {
  const first = nameIn(reader);
  const hasPrefix = reader.takeSymbol(".");
  const kind = hasPrefix ? kindOf(first.toLowerCase()) : "attribute";
  if (kind === undefined) throw invalid(`'${first}' is no kind of field; there are ${prefixes(domain)}`);
  const written = hasPrefix ? keyIn(reader) : first;
  const { aliases = {} } = domain;
  const key = kind === "attribute" && Object.hasOwn(aliases, written) ? aliases[written]! : written;
  if (typeOf(domain, { kind, key }) !== undefined) return { kind, key };
  const known = Object.keys(domain.attributes).join(", ");
  throw invalid(
    kind === "attribute"
      ? `there is no attribute '${key}'; there are ${known}, and fields of ${prefixes(domain)}`
      : `'${first}.${key}' cannot be searched here; there are ${prefixes(domain)}`,
  );
};

const prefixes = ({ kinds }: Domain): string => ["attributes", ...kinds.map((kind) => `${kind}s`)].join(", ");

const nameIn = (reader: Reader): string => {
  const token = reader.take();
  if (token && (token.kind === "word" || token.kind === "name" || token.kind === "string")) return token.text;
  throw invalid(`expected a field such as metrics.rmse, not ${shown(token)}`);
};

/** A key without quotes may hold dots: `tags.mlflow.runName`. */
const keyIn = (reader: Reader): string => {
  const parts = [partIn(reader)];
  while (reader.takeSymbol(".")) parts.push(partIn(reader));
  return parts.join(".");
};

const partIn = (reader: Reader): string => (reader.peek()?.kind === "number" ? reader.take()!.text : nameIn(reader));

const opIn = (reader: Reader): Op => {
  if (reader.takeWord("NOT")) {
    if (reader.takeWord("IN")) return "NOT IN";
    throw invalid(`expected IN behind NOT, not ${shown(reader.peek())}`);
  }
  if (reader.takeWord("IS")) {
    const isNot = reader.takeWord("NOT");
    if (reader.takeWord("NULL")) return isNot ? "IS NOT NULL" : "IS NULL";
    throw invalid(`expected NULL, not ${shown(reader.peek())}`);
  }
  for (const word of ["LIKE", "ILIKE", "IN"] as const) if (reader.takeWord(word)) return word;
  const token = reader.take();
  const symbol = NUMBER_OPS.find((op) => token?.kind === "symbol" && token.text === op);
  if (symbol) return symbol;
  throw invalid(`expected a comparison such as = or LIKE, not ${shown(token)}`);
};

const listIn = (reader: Reader, name: string): string[] => {
  if (!reader.takeSymbol("(")) throw invalid(`expected a list such as ('a', 'b') for ${name}`);
  const values: string[] = [];
  do {
    const token = reader.take();
    if (token?.kind !== "string") throw invalid(`expected a quoted string in the list, not ${shown(token)}`);
    values.push(token.text);
    if (values.length > MAX_LISTED) throw invalid(`a list has at most ${MAX_LISTED} values`);
  } while (reader.takeSymbol(","));
  if (!reader.takeSymbol(")")) throw invalid(`expected ) at the end of the list, not ${shown(reader.peek())}`);
  return values;
};

const shown = (token: Token | undefined): string =>
  token ? `${JSON.stringify(token.text)} at ${token.at + 1}` : "the end";
