/** What a terminal would take for a command, or would not show: control characters, and marks of direction. */
const HIDDEN = /[^\P{C}\n\t]|[\u2028\u2029]/gu;

/** Text of a log as it may stand on a terminal: what is hidden in it is shown by its code. */
export const printable = (text: string): string =>
  text.replaceAll(HIDDEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
