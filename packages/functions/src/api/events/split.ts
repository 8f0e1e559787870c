import { httpError } from "../http/problem.ts";

/** Where each event lies in the body: start and end offsets in pairs. */
export type Slices = Uint32Array;

/** Most events of one request: bounds the answer, which names each one that is refused. */
export const MAX_EVENTS = 100_000;

const [SPACE, TAB, LF, CR] = [0x20, 0x09, 0x0a, 0x0d];
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

const isSpace = (byte: number): boolean => byte === SPACE || byte === LF || byte === CR || byte === TAB;

/** One event per line; blank lines count for nothing. */
export const splitLines = (body: Uint8Array): Slices => {
  const slices = sliceList();
  let start = 0;
  while (start < body.length) {
    const newline = body.indexOf(LF, start);
    const end = newline === -1 ? body.length : newline;
    addTrimmed(slices, body, start, end);
    start = end + 1;
  }
  return slices.done();
};

/**
 * A JSON array of events, or one event. Finds where each element lies and leaves its bytes as they are: what is not
 * parsed as a whole can be taken in slices, one bad element spoils no other, and the archive keeps what was sent.
 * @throws MALFORMED when the array itself is broken, so that no element can be told from the next.
 */
export const splitJson = (body: Uint8Array): Slices => {
  const slices = sliceList();
  const first = body.findIndex((byte) => !isSpace(byte));
  if (first === -1) return slices.done();
  if (body[first] === OPEN_BRACKET) splitArray(body, first + 1, slices);
  if (body[first] !== OPEN_BRACKET) addTrimmed(slices, body, first, body.length);
  return slices.done();
};

const splitArray = (body: Uint8Array, from: number, slices: SliceList): void => {
  let start = from;
  let at = from;
  for (let commas = 0; ; commas++) {
    at = endOfElement(body, at);
    const last = body[at] === CLOSE_BRACKET;
    const found = addTrimmed(slices, body, start, at);
    if (!found && !(last && commas === 0)) throw broken(at, "an element is missing");
    if (last) break;
    start = ++at;
  }
  onlySpaceAfter(body, at + 1);
};

/** Offset of the comma or bracket, outside strings and nested values, that ends the element. */
const endOfElement = (body: Uint8Array, from: number): number => {
  let depth = 0;
  for (let at = from; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === QUOTE) at = endOfString(body, at + 1);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACKET)) return at;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    if (depth < 0) throw broken(at, "a bracket closes what is not open");
  }
  throw broken(body.length, "it ends before its closing bracket");
};

/** Offset of the quote that ends the string: the first one with an even number of backslashes before it. */
const endOfString = (body: Uint8Array, from: number): number => {
  for (let at = body.indexOf(QUOTE, from); at !== -1; at = body.indexOf(QUOTE, at + 1)) {
    let escapes = at;
    while (escapes > from && body[escapes - 1] === BACKSLASH) escapes--;
    if ((at - escapes) % 2 === 0) return at;
  }
  throw broken(body.length, "a string does not end");
};

const onlySpaceAfter = (body: Uint8Array, from: number): void => {
  const rest = body.subarray(from).findIndex((byte) => !isSpace(byte));
  if (rest !== -1) throw broken(from + rest, "something follows its closing bracket");
};

const broken = (at: number, why: string) => httpError("MALFORMED", `The JSON array is broken at byte ${at}: ${why}.`);

type SliceList = { add(start: number, end: number): void; done(): Slices };

const sliceList = (): SliceList => {
  const offsets: number[] = [];
  return {
    add(start, end) {
      if (offsets.length === 2 * MAX_EVENTS) {
        throw httpError("TOO_LARGE", `More than ${MAX_EVENTS} events in one request; send them in parts.`);
      }
      offsets.push(start, end);
    },
    done: () => Uint32Array.from(offsets),
  };
};

const addTrimmed = (slices: SliceList, body: Uint8Array, from: number, to: number): boolean => {
  let start = from;
  let end = to;
  while (start < end && isSpace(body[start]!)) start++;
  while (end > start && isSpace(body[end - 1]!)) end--;
  if (start === end) return false;
  slices.add(start, end);
  return true;
};
