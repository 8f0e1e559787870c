/** Text that is HTML already. */
export type Html = { html: string };
type Value = Html | string | number | readonly Html[];

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
/** What would turn the direction of the text around it, or is no character. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufffe\uffff]/gu;

/** Text of a log as text of a page, or of an attribute in quotes: whatever it says, it stays text. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(UNSEEN, "\ufffd")
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign]!);

/** A template of HTML; what is put in is escaped, unless it was made here. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  html: parts.map((part, at) => part + (at < values.length ? shown(values[at]!) : "")).join(""),
});

const shown = (value: Value): string => {
  if (typeof value === "string" || typeof value === "number") return escaped(String(value));
  return "html" in value ? value.html : value.map((one) => one.html).join("");
};
