/** Words by which programs tell of trouble. */
const WORDS = [
  "error|exception|fail(?:ed|ure|s)?|fatal|panic|critical|severe|abort(?:ed)?|unexpected|timed out|time-?out",
  "interrupted|denied|refused|invalid|corrupt(?:ed|ion)?|lost|cannot|can't|unable|not found",
].join("|");
const TROUBLE = new RegExp(`\\b(?:${WORDS})\\b`, "i");
const CLASS_OF_TROUBLE = /(?:Exception|Error)\b/;
const TROUBLE_LEVELS = new Set([
  "WARN",
  "WARNING",
  "ERROR",
  "ERR",
  "SEVERE",
  "CRIT",
  "CRITICAL",
  "ALERT",
  "FATAL",
  "EMERG",
  "PANIC",
  "W",
  "E",
  "F",
]);

/** Whether a template tells of trouble, by its text or by the level of its lines. */
export const isSevere = (text: string, level?: string): boolean =>
  TROUBLE.test(text) || CLASS_OF_TROUBLE.test(text) || (level !== undefined && TROUBLE_LEVELS.has(level));
