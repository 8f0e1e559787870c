/** Stands for a variable in templates. */
export const VARIABLE = "<*>";

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const WEEKDAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const CLOCK = "\\d\\d?:\\d\\d(?::\\d\\d)?(?:[.,]\\d+)?";
const HAS_MONTH = new RegExp(`\\b${MONTH} \\d`);
const MONTH_TIME = new RegExp(
  `\\b(?:${WEEKDAY},? )?${MONTH} \\d{1,2},? (?:\\d{4} )?${CLOCK}(?: [A-Z]{3,4}\\b)?(?: \\d{4}\\b)?`,
  "g",
);
const HAS_DATE = /\d{4}[-/]\d\d[-/]\d/;
const DATE = new RegExp(`\\b\\d{4}[-/]\\d\\d[-/]\\d\\d(?:[T ]${CLOCK}(?:Z|[+-]\\d\\d:?\\d\\d)?)?`, "g");
const URL = /\b[a-zA-Z][a-zA-Z0-9+.-]{0,20}:\/\/[^\s"'<>\])},]+/g;
const ABSOLUTE_PATH = /(?<=^|[\s"'(=[])\/(?:[^\s"'<>()[\],;:]|:(?=\S))*/g;
const DRIVE_PATH = /\b[A-Za-z]:\\[^\s"'<>()[\],;|]*/g;
const HAS_TWO_COLONS = /:[0-9A-Fa-f]{0,4}:/;
const MAC = /\b(?:[0-9A-Fa-f]{2}[:-]){5,31}[0-9A-Fa-f]{2}\b/g;
const IPV6 = /(?<![\w:.])(?=[A-Fa-f:]{0,36}\d)(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:%\w{1,15})?(?![\w:])/g;
const HAS_PORT = /[a-z0-9_-]:\d/;
const FIRST_PORT = /^[A-Za-z0-9_-]{1,64}:\d{2,5}(?=\s)/;
const HOST_PORT = /(?<![\w.$/-])(?:[a-z0-9_-]{1,64}\.){1,8}[a-z0-9_-]{1,64}:\d+\b/g;
const RANGE = /(?<![\w.-])[\w.-]{0,64}-\[\d[\d, -]{0,200}\]/g;
const HAS_ABOUT = /[<>~]\d/;
const ABOUT = /[<>~]\d+(?:\.\d+)? ?(?:ms|s|secs?|seconds?|mins?|minutes?|hours?|h)\b/g;
const HUMAN_SIZE = /(?<=\d) (?:bytes|B) \([<>~]?[\d.]{1,12} ?[KMGTP]i?B\)/g;

/**
 * Replaces what is a value by its form wherever it stands and spans several words: dates, URLs, absolute paths,
 * hardware and IPv6 addresses, host:port, `node-[1-4,7]`, `<1 sec`. A size told twice, `5120 bytes (5 KB)`, is told
 * once. Each mask stands behind a cheap test; quantifiers are bounded, so that time is linear in the text.
 */
export const maskValues = (line: string): string => {
  let text = line;
  if (HAS_MONTH.test(text)) text = text.replace(MONTH_TIME, VARIABLE);
  if (text.includes("://")) text = text.replace(URL, VARIABLE);
  if (HAS_DATE.test(text)) text = text.replace(DATE, VARIABLE);
  if (text.includes("/")) text = text.replace(ABSOLUTE_PATH, VARIABLE);
  if (text.includes(":\\")) text = text.replace(DRIVE_PATH, VARIABLE);
  if (HAS_TWO_COLONS.test(text)) text = text.replace(MAC, VARIABLE).replace(IPV6, VARIABLE);
  if (HAS_PORT.test(text)) text = text.replace(FIRST_PORT, VARIABLE).replace(HOST_PORT, VARIABLE);
  if (text.includes("-[")) text = text.replace(RANGE, VARIABLE);
  if (text.includes("B)")) text = text.replace(HUMAN_SIZE, "");
  if (HAS_ABOUT.test(text)) text = text.replace(ABOUT, VARIABLE);
  return text;
};

const DIGIT = /\d/;
const ONE_DIGIT = /^[A-Za-z]+\d$/;
const DOTTED = /^[\w-]+(?:[./$@]+[\w-]+){2,}\.?$/;
/** Classes of exceptions have dotted names too, but tell events apart; so do enumerated values in fields. */
const EXCEPTION = /(?:Exception|Error)$/;
const ENUMERATED = /\.[A-Z][A-Z_]+$/;
const ADDRESS = /^[^@]+@[^@]+$/;
const LONG_HEX = /^(?:[0-9a-f]{8,}|[0-9A-F]{8,})$/;
const PATH = /^[\\/].|^~\/|[\\/].*[\\/]/;

/**
 * Whether the form of a word alone says that it is a value: a number, an id, a path, an address, a dotted name.
 * @param isField it stands behind =
 */
export const isValueWord = (word: string, isField: boolean): boolean => {
  if (DIGIT.test(word)) return !ONE_DIGIT.test(word);
  if (LONG_HEX.test(word) || PATH.test(word) || ADDRESS.test(word)) return true;
  return DOTTED.test(word) && !EXCEPTION.test(word) && !(isField && ENUMERATED.test(word));
};

/** Whether a token is a word (or the sign for a variable is asked about elsewhere): it holds a letter or a digit. */
export const isWord = (token: string): boolean => /[\p{L}\p{N}]/u.test(token);
