/** Longer lines are cut: the rest of a line says nothing about which event it is, and time stays linear. */
const MAX_LINE_CHARS = 4096;
/** Digits that a number keeps, as zeros: enough to tell a year, a port and a clock from an id. */
const DIGITS_KEPT = 6;

/** Class of each ASCII character; others are letters unless `classOf` knows better. */
const [OTHER, DIGIT, LETTER, SEPARATOR, BLANK, DROPPED] = [0, 1, 2, 3, 4, 5];
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (code <= 32 || code === 127) return BLANK;
  if (/\d/.test(char)) return DIGIT;
  if (/[A-Za-z]/.test(char)) return LETTER;
  return "=,;:()[]{}<>\"'|".includes(char) ? SEPARATOR : OTHER;
});
const classOf = (code: number): number => {
  if (code < 128) return ASCII[code]!;
  if (code === 0xa0 || code === 0x3000 || (code >= 0x2000 && code <= 0x200a) || code === 0x2028) return BLANK;
  // Zero-width characters and marks of writing direction are no part of a word.
  if ((code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e)) return DROPPED;
  return (code >= 0x2060 && code <= 0x2069) || code === 0xfeff ? DROPPED : OTHER;
};

const [ESCAPE, SPACE, OPEN, DASH, DOT, ZERO, EQUALS, UPPER_T, UNDERSCORE, LOWER_A] = Array.from(
  "\u001b (-.0=T_a",
  (char) => char.charCodeAt(0),
) as [number, number, number, number, number, number, number, number, number, number];
const scratch = new Uint16Array(MAX_LINE_CHARS + 3);
let at = 0;

/** What `canonicalise` left behind: its text by `canonicalText()`, and 2 × 32 bits that stand for it. */
export const fingerprint = { high: 0, low: 0 };

/**
 * The line with its numbers made alike: digits become 0 and runs of them at most 6 long, words of letters between
 * digits become "0a0", blanks and control characters one space, colour codes and invisible marks nothing. Words with
 * one digit at their end (`ssh2`) and short-numbered names of fields or functions (`r24=`, `jk2_init(`) stay.
 * Everything later sees this text only, so lines of one fingerprint have one template by construction.
 */
export const canonicalise = (line: string): void => {
  const end = Math.min(line.length, MAX_LINE_CHARS);
  at = 0;
  let index = 0;
  while (index < end) {
    const code = line.charCodeAt(index);
    const kind = classOf(code);
    if (kind === BLANK) {
      index = code === ESCAPE ? afterEscape(line, index, end) : index + 1;
      if (at > 0 && code !== ESCAPE && scratch[at - 1] !== SPACE) scratch[at++] = SPACE;
    } else if (kind === SEPARATOR) {
      scratch[at++] = code;
      index++;
    } else index = token(line, index, end);
  }
  if (at > 0 && scratch[at - 1] === SPACE) at--;
  let [high, low] = [0x2f0b4a27, 0x6a09e667];
  for (let char = 0; char < at; char++) {
    high = Math.imul(high ^ scratch[char]!, 0x9e3779b1);
    low = Math.imul(low ^ scratch[char]!, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  fingerprint.high = high | 0;
  fingerprint.low = low | 0;
};

/** A surrogate without its other half becomes U+FFFD: templates are stored as UTF-8. */
export const canonicalText = (): string =>
  String.fromCharCode.apply(null, scratch.subarray(0, at) as never).toWellFormed();

/** Copies one token, up to the next blank, separator or "..", which part words; returns where that is. */
const token = (line: string, start: number, end: number): number => {
  let index = start;
  while (line.charCodeAt(index) === DOT && line.charCodeAt(index + 1) === DOT) scratch[at++] = line.charCodeAt(index++);
  if (index > start) {
    scratch[at++] = DOT;
    return Math.min(index + 1, end);
  }
  const from = at;
  let digits = 0;
  for (; index < end; index++) {
    const code = line.charCodeAt(index);
    const kind = classOf(code);
    if (kind === SEPARATOR || kind === BLANK || (code === DOT && line.charCodeAt(index + 1) === DOT)) break;
    if (kind === DROPPED) continue;
    if (kind === DIGIT) digits++;
    scratch[at++] = code;
  }
  if (digits > 0 && !isName(from, digits, line.charCodeAt(index))) blur(from);
  return index;
};

/** Whether the digits of the token that starts at `from` are part of a name; `next` is the character behind it. */
const isName = (from: number, digits: number, next: number): boolean => {
  if (digits > 3) return false;
  let last = at - 1;
  // A full stop at the end of a sentence does not count.
  while (scratch[last] === DOT) last--;
  if (digits === 1 && last > from && classOf(scratch[last]!) === DIGIT) {
    let char = from;
    while (classOf(scratch[char]!) === LETTER) char++;
    if (char === last) return true;
  }
  if ((next !== EQUALS && next !== OPEN) || classOf(scratch[from]!) !== LETTER) return false;
  let runs = 0;
  for (let char = from; char < at; char++) {
    const kind = classOf(scratch[char]!);
    if (kind === DIGIT && classOf(scratch[char - 1]!) !== DIGIT) runs++;
    if (kind === OTHER && scratch[char] !== DOT && scratch[char] !== DASH && scratch[char] !== UNDERSCORE) return false;
  }
  return runs === 1;
};

/** Makes the numbers of the token that starts at `from` alike, in place. */
const blur = (from: number): void => {
  const end = at;
  at = from;
  let index = from;
  while (index < end) {
    const kind = classOf(scratch[index]!);
    if (kind !== DIGIT && kind !== LETTER) {
      scratch[at++] = scratch[index++]!;
      continue;
    }
    // A run of letters and digits; a time's T between digits does not make it a word.
    const start = at;
    let runs = 0;
    let length = 0;
    let mixed = false;
    for (; index < end; index++) {
      const code = scratch[index]!;
      const isDigit = classOf(code) === DIGIT;
      if (!isDigit && classOf(code) !== LETTER) break;
      if (!isDigit) {
        length = 0;
        scratch[at++] = code;
        continue;
      }
      if (length === 0) {
        runs++;
        mixed ||= runs > 1 && !(at - start >= 2 && scratch[at - 1] === UPPER_T && scratch[at - 2] === ZERO);
      }
      length++;
      if (length <= DIGITS_KEPT) scratch[at++] = ZERO;
    }
    if (!mixed) continue;
    at = start;
    scratch[at++] = ZERO;
    scratch[at++] = LOWER_A;
    scratch[at++] = ZERO;
  }
};

/** Behind a terminal's escape sequence: ESC [ parameters, one final character. */
const afterEscape = (line: string, start: number, end: number): number => {
  let index = start + 1;
  if (line[index] !== "[") return index;
  index++;
  while (index < end && /[0-9;?]/.test(line[index]!)) index++;
  return Math.min(index + 1, end);
};
