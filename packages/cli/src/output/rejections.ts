import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { BadRow } from "../input/csv.ts";
import { thousands } from "./progress.ts";

/** So many are shown; a file that is wrong throughout must not flood the terminal. */
const SHOWN = 20;

export type Rejections = { add(bad: BadRow): void; count(): number; close(): Promise<void> };

/** Prints the first rejected lines with number and reason, and writes all of them to `path` (NDJSON) when one is given. */
export const rejections = (path: string | undefined, print: (text: string) => void): Rejections => {
  const file = path ? createWriteStream(path) : undefined;
  let count = 0;
  return {
    add(bad) {
      count += 1;
      file?.write(`${JSON.stringify(bad)}\n`);
      if (count <= SHOWN) print(`line ${bad.line}: ${bad.reason}`);
    },
    count: () => count,
    async close() {
      if (count > SHOWN) {
        const where = path ? `all are in ${path}` : "--rejected FILE writes them all";
        print(`… and ${thousands(count - SHOWN)} more rejected lines; ${where}.`);
      }
      if (!file) return;
      file.end();
      await finished(file);
    },
  };
};
