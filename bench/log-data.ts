import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The rows of a small gzipped CSV file as objects, by its header. */
export const readCsv = (file: string): Record<string, string>[] => {
  const text = gunzipSync(readFileSync(file)).toString("utf8");
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n\r]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  const [header = [], ...body] = rows;
  return body.map((cells) => Object.fromEntries(header.map((name, index) => [name, cells[index] ?? ""])));
};

/** The same items in an order that depends on the seed. */
export const shuffled = <T>(items: readonly T[], seed: number): T[] => {
  let state = seed;
  const keyed = items.map((item) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return { item, key: state };
  });
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
};
