import type { WriteStream } from "node:tty";

/** How often a terminal's line is drawn anew, and a plain line is printed elsewhere (a log file, CI). */
const TERMINAL_MS = 100;
const PLAIN_MS = 5000;

export type Progress = {
  /** Cheap when called often: `text` is asked for only when something is drawn. */
  update(text: () => string): void;
  /** Takes the line away, so that what is printed next starts clean. */
  clear(): void;
};

type Screen = Pick<WriteStream, "isTTY" | "columns" | "write">;

/** One line that redraws itself on a terminal; a line every few seconds otherwise. It goes to standard error. */
export const progress = (screen: Screen = process.stderr, now: () => number = () => performance.now()): Progress => {
  const everyMs = screen.isTTY ? TERMINAL_MS : PLAIN_MS;
  let drawnMs = screen.isTTY ? Number.NEGATIVE_INFINITY : now();
  let isDrawn = false;
  return {
    update(text) {
      if (now() - drawnMs < everyMs) return;
      drawnMs = now();
      if (!screen.isTTY) return void screen.write(`${text()}\n`);
      isDrawn = true;
      screen.write(`\r${text().slice(0, (screen.columns ?? 80) - 1)}\u001b[K`);
    },
    clear() {
      if (isDrawn) screen.write("\r\u001b[K");
      isDrawn = false;
    },
  };
};

export const thousands = (value: number): string => Math.round(value).toLocaleString("en-US");

/** "1 row", "2,000 rows". */
export const counted = (count: number, what: string): string => `${thousands(count)} ${what}${count === 1 ? "" : "s"}`;
