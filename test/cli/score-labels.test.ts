import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());
const fileOf = (name: string, text: string): string => {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
};

/** Of every 50 rows, in four the queue goes the other way than the CPU: neither is strange by itself. */
const isStuck = (row: number): boolean => row % 50 >= 40 && row % 50 < 44;
const series = (
  from: number,
  to: number,
  { step = 60_000, label = (row: number): string => (isStuck(row) ? "1" : "0") } = {},
) => {
  const lines = Array.from({ length: to - from }, (_, at) => {
    const row = from + at;
    const load = row % 4 < 2 ? 80 + (row % 5) : 20 + (row % 5);
    const time = new Date(Date.UTC(2026, 0, 1) + row * step).toISOString();
    return `${time},${isStuck(row) ? 100 - load : load},${label(row)},${load}`;
  });
  return `timestamp,cpu,label,queue\n${lines.join("\n")}\n`;
};
const detector = (parts: object = {}): string => {
  const document = {
    ...{ id: "web", features: [{ metric: "cpu" }, { metric: "queue" }], latenessSeconds: 3600 },
    ...parts,
    model: { family: "random-forest", ...(parts as { model?: object }).model },
  };
  return fileOf(`detector-${Math.random().toString(36).slice(2)}.json`, JSON.stringify(document));
};
const output = join(folder.path, "scored.csv");
const score = (of: string, train: string | undefined, input: string, ...more: string[]) =>
  tidewatch(["score", "-d", of, ...(train ? ["--train", train] : []), "-i", input, "-o", output, ...more]);
const anomalies = () =>
  readFileSync(output, "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .flatMap((line, at) => (line.split(",")[2] === "1" ? [at] : []));

describe("tidewatch score, learning from labels", () => {
  const stuck = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => at).filter((at) => isStuck(from + at));
  const input = fileOf("new.csv", series(1000, 1200));

  it("finds in new rows what the column label of --train shows; empty cells teach nothing", async () => {
    const train = fileOf("train.csv", series(0, 1000));
    expect(await score(detector(), train, input)).toMatchObject({ code: 0 });
    expect(anomalies()).toEqual(stuck(1000, 1200));
    // Labels that are known of the rows of the second half only; those of the first would be wrong.
    const partly = (row: number) => (row < 500 ? "" : isStuck(row) ? "1" : "0");
    const half = fileOf("half.csv", series(0, 1000, { label: partly }).replace(",label,", ",truth,"));
    expect(await score(detector(), half, input, "--label-column", "truth")).toMatchObject({ code: 0 });
    expect(anomalies()).toEqual(stuck(1000, 1200));
    const few = detector({ model: { maxTrainingRows: 400 } });
    expect(await score(few, train, input)).toMatchObject({ code: 0 });
    expect(anomalies()).toEqual(stuck(1000, 1200));
  });

  it("an interval of several rows is anomalous when one of them is", async () => {
    const train = fileOf("fine.csv", series(0, 4000, { step: 30_000 }));
    const later = fileOf("fine-new.csv", series(4000, 4200, { step: 30_000 }));
    const of = detector({ intervalSeconds: 60, latenessSeconds: 0 });
    expect(await score(of, train, later)).toMatchObject({ code: 0 });
    // Each interval is complete with the first row of the next one, two stuck ones in a row.
    expect(anomalies()).toEqual([42, 44, 92, 94, 142, 144, 192, 194]);
  });

  it.each([
    [
      "without --train",
      undefined,
      [],
      /learns from labels \(random-forest\): give --train a file with a column "label"/,
    ],
    [
      "without the column",
      series(0, 300).replace(",label,", ",truth,"),
      [],
      /train\.csv has no column "label" \(its metrics: cpu, truth, queue\), and random-forest learns from labels/,
    ],
    [
      "with other numbers",
      series(0, 300, { label: (row) => `${row}` }),
      [],
      /train\.csv, row 2: the column "label" must be 0 \(normal\), 1 \(anomalous\) or empty/,
    ],
    [
      "with texts",
      series(0, 300, { label: (row) => (row === 9 ? "bad" : "") }),
      [],
      /train\.csv, line 11: the column "label" must be 0/,
    ],
    [
      "with one kind",
      series(0, 300, { label: () => "0" }),
      [],
      /0 anomalous and 300 normal rows have labels: label some anomalous ones/,
    ],
    [
      "watching the labels",
      series(0, 300),
      ["--label-column", "queue"],
      /watches "queue", which holds the labels; name another --label-column/,
    ],
  ])("says what to do %s", async (_, train, more, message) => {
    const path = train && fileOf("bad-train.csv", train);
    const { code, stderr } = await score(detector(), path, input, ...more);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});
