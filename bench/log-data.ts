import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { randomOf } from "@tidewatch/core/model/random";

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

/** The same items in an order that depends on the seed (Fisher and Yates). */
export const shuffled = <T>(items: readonly T[], seed: number): T[] => {
  const random = randomOf(seed);
  const order = items.slice();
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
};
