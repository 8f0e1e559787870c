import { AppError } from "../../errors.ts";
import type { LineFormat } from "./log-line.ts";
import { timestampOf } from "./timestamp.ts";

const FIELD = /<([A-Za-z][\w]*)>/g;
const [MESSAGE, TIME, LEVEL, SOURCE] = [
  /^(?:content|message)$/i,
  /^(?:date|time|timestamp|day|month|year)\w*$/i,
  /^(?:level|severity)$/i,
  /^(?:component|logger|program|source)$/i,
];

/**
 * A format given by an example: `<Date> <Time> <Pid> <Level> <Component>: <Content>`. A field reaches to the next text
 * between fields, blanks fit any number of blanks, and one field is the message (`<Content>` or `<Message>`). Date and
 * time fields together are the time stamp. Takes time linear in the line. Throws `VALIDATION` on a pattern without a
 * message or with two fields side by side.
 */
export const patternFormat = (pattern: string): LineFormat => {
  const names = [...pattern.matchAll(FIELD)].map(([, name]) => name!);
  const texts = pattern.split(/<[A-Za-z]\w*>/);
  if (names.filter((name) => MESSAGE.test(name)).length !== 1) {
    throw new AppError("VALIDATION", `the pattern ${pattern} needs one <Content> or <Message>`);
  }
  if (texts.slice(1, -1).some((text) => text === "")) {
    throw new AppError("VALIDATION", `the pattern ${pattern} has two fields with nothing between them`);
  }
  return {
    name: "pattern",
    parse(line, clock) {
      const values = split(line, texts);
      if (!values) return undefined;
      const fields: Record<string, string> = {};
      for (const [index, name] of names.entries()) fields[name] = values[index]!;
      const taken = (form: RegExp) => names.filter((name) => form.test(name)).map((name) => fields[name]!);
      const timestampMs = timestampOf(taken(TIME).join(" "), clock);
      const [level, source] = [taken(LEVEL)[0], taken(SOURCE)[0]];
      return {
        ...(timestampMs !== undefined && { timestampMs }),
        ...(level !== undefined && { level: level.toUpperCase() }),
        ...(source !== undefined && { source }),
        message: taken(MESSAGE)[0]!,
        fields,
      };
    },
  };
};

/** What stands between the texts, or undefined if they are not all there, in order. */
const split = (line: string, texts: readonly string[]): string[] | undefined => {
  const first = texts[0]!;
  if (!line.startsWith(first)) return undefined;
  const values: string[] = [];
  let at = first.length;
  for (const text of texts.slice(1, -1)) {
    const end = line.indexOf(text, at);
    if (end < 0) return undefined;
    values.push(line.slice(at, end));
    at = end + text.length;
    if (text.endsWith(" ")) while (line[at] === " ") at++;
  }
  const last = texts.at(-1)!;
  if (!line.endsWith(last) || line.length - last.length < at) return undefined;
  return [...values, line.slice(at, line.length - last.length)];
};
