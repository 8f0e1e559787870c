/** What is not seen, or changes the direction of what follows: control and format characters but line feed and tab. */
const HIDDEN = /[^\P{C}\n\t]|[\u2028\u2029]/gu;

/** Text of a log, in which what is hidden is shown by its code. */
export const visible = (text: string): string =>
  text.replaceAll(HIDDEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
