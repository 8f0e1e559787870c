import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tidewatch } from "../support/tidewatch.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-score-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const START_MS = Date.UTC(2026, 0, 1);
const SPIKE_ROW = 900;
const ROWS = 1200;

/** Two metrics with a gentle wave and pseudo-random scatter; `memory` jumps for three rows. */
const makeSeries = (
  change: (row: number, values: [number, number]) => [number, number] = (_, values) => values,
): string => {
  let state = 12345;
  const scatter = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const isSpike = row >= SPIKE_ROW && row < SPIKE_ROW + 3;
    const values: [number, number] = [40 + 5 * Math.sin(row / 40) + 4 * scatter(), (isSpike ? 95 : 60) + 3 * scatter()];
    const [cpu, memory] = change(row, values);
    return `${new Date(START_MS + row * 60_000).toISOString()},${cpu.toFixed(4)},${memory.toFixed(4)}`;
  });
  return `timestamp,cpu,memory\n${rows.join("\n")}\n`;
};

/** The forest of a short file tells extremes apart coarsely: the lowest threshold, 1.5, is what a lone jump passes. */
const SENSITIVE = { id: "web", latenessSeconds: 3600, sensitivity: 10, model: { family: "isolation-forest" } };
const FEATURES = [{ metric: "cpu" }, { metric: "memory" }];

type Scored = {
  timestamp: string;
  score: number;
  isAnomaly: boolean;
  grade: number;
  expected: string[];
  attribution: string;
};

const sensitive = async (detector: object = { features: FEATURES }): Promise<string[]> => [
  "--detector",
  await saved(JSON.stringify({ ...SENSITIVE, ...detector })),
];

const score = async (text: string | Uint8Array, args: string[] = []) => {
  const name = `${Math.random().toString(36).slice(2)}.csv`;
  const [input, output] = [join(folder, name), join(folder, `scored-${name}`)];
  await writeFile(input, text);
  const result = await tidewatch(["score", "--input", input, "--output", output, ...args]);
  const content = existsSync(output) ? await readFile(output, "utf8") : "";
  const [header = "", ...lines] = content.trimEnd().split("\n");
  const rows = lines.map((line): Scored => {
    const [timestamp = "", value, anomaly, grade, ...others] = line.split(",");
    const attribution = others.pop() ?? "";
    return {
      timestamp,
      score: Number(value),
      isAnomaly: anomaly === "1",
      grade: Number(grade),
      expected: others,
      attribution,
    };
  });
  return { ...result, header, rows, content, input, output };
};

describe("tidewatch score", () => {
  it("finds the jump, blames the metric that jumped and says what was expected", async () => {
    const { code, header, rows } = await score(makeSeries(), await sensitive());
    expect(code).toBe(0);
    expect(header).toBe("timestamp,anomaly_score,is_anomaly,grade,expected_cpu,expected_memory,attribution");
    const spike = rows[SPIKE_ROW]!;
    expect(spike).toMatchObject({ timestamp: new Date(START_MS + SPIKE_ROW * 60_000).toISOString(), isAnomaly: true });
    expect(spike.grade).toBeGreaterThan(0);
    expect(spike.attribution).toMatch(/^memory:/);
    expect(Number(spike.expected[1])).toBeCloseTo(60, -1);
    const elsewhere = rows.filter(({ isAnomaly }, row) => isAnomaly && (row < SPIKE_ROW || row >= SPIKE_ROW + 3));
    // Sensitivity 10 means 32 false alarms per 1,000 rows like the reference.
    expect(elsewhere.length).toBeLessThan(ROWS * 0.064);
  });

  it("gives one row per input row in order, and score 0 to those that train", async () => {
    const { rows, stderr } = await score(makeSeries(), await sensitive());
    expect(rows.map(({ timestamp }) => timestamp)).toEqual(
      Array.from({ length: ROWS }, (_, row) => new Date(START_MS + row * 60_000).toISOString()),
    );
    // 15 % of a file that is shorter than the detector's 600 rows would need.
    const trained = ROWS * 0.15;
    expect(stderr).toContain(`The first ${trained} rows trained the model`);
    expect(rows.slice(0, trained).every((row) => row.score === 0 && !row.isAnomaly)).toBe(true);
    expect(rows.slice(trained, trained + 50).some((row) => row.score > 0)).toBe(true);
  });

  it("never looks ahead: other later rows leave earlier results as they are", async () => {
    const cut = 1000;
    const [one, other] = await Promise.all([
      score(makeSeries()),
      score(makeSeries((row, [cpu, memory]) => (row >= cut ? [500 - cpu, memory * 7] : [cpu, memory]))),
    ]);
    expect(other.rows.slice(0, cut)).toEqual(one.rows.slice(0, cut));
    expect(other.rows.slice(cut)).not.toEqual(one.rows.slice(cut));
  });

  it("gives the same bytes for the same files", async () => {
    const [one, two] = await Promise.all([score(makeSeries()), score(gzipSync(makeSeries()))]);
    expect(two.content).toBe(one.content);
  });

  it("trains on another file and then scores every row", async () => {
    const train = join(folder, "train.csv.gz");
    await writeFile(train, gzipSync(makeSeries((row, [cpu]) => [cpu, 60 + Math.sin(row)])));
    const { code, rows } = await score(makeSeries(), [
      "--train",
      train,
      ...(await sensitive({ features: [{ metric: "memory" }] })),
    ]);
    expect(code).toBe(0);
    expect(rows.slice(0, 100).some((row) => row.score > 0)).toBe(true);
    expect(rows[SPIKE_ROW]!.isAnomaly).toBe(true);
  });

  it("follows the detector: features, rules and sensitivity", async () => {
    const [both, down] = await Promise.all([
      score(makeSeries(), await sensitive({ features: [{ metric: "memory" }] })),
      score(makeSeries(), await sensitive({ features: [{ metric: "memory", direction: "down" }] })),
    ]);
    expect(down.header).toBe("timestamp,anomaly_score,is_anomaly,grade,expected_memory,attribution");
    expect(both.rows[SPIKE_ROW]!.isAnomaly).toBe(true);
    expect(down.rows[SPIKE_ROW]).toMatchObject({ score: both.rows[SPIKE_ROW]!.score, isAnomaly: false, grade: 0 });
    const absent = await score(makeSeries(), await sensitive({ features: [{ metric: "disk" }] }));
    expect(absent.stderr).toMatch(/has no column "disk", which the detector "web" watches; it has cpu, memory/);
    expect(absent.code).toBe(1);
  });

  it("aggregates over the detector's interval: a row shows the interval that it completes", async () => {
    const detector = await sensitive({ features: FEATURES, intervalSeconds: 180, latenessSeconds: 0 });
    const calm = makeSeries((_, [cpu, memory]) => [cpu, Math.min(memory, 62)]);
    const { code, rows } = await score(makeSeries(), [...detector, "--train", await saved(calm)]);
    expect(code).toBe(0);
    expect(rows).toHaveLength(ROWS);
    const shown = rows.flatMap((row, at) => (row.score > 0 ? [at % 3] : []));
    expect(new Set(shown)).toEqual(new Set([0]));
    expect(rows[SPIKE_ROW + 3]!.isAnomaly).toBe(true);
  });

  it("scores rows with missing values as 0 and goes on", async () => {
    const holes = makeSeries()
      .split("\n")
      .map((line, at) =>
        at === 700 ? line.replace(/,[^,]*$/, ",") : at === 701 ? line.replace(/,[^,]*$/, ",broken") : line,
      );
    const { code, rows } = await score(holes.join("\n"), await sensitive());
    expect(code).toBe(0);
    expect(rows).toHaveLength(ROWS);
    expect(rows[699]!.score).toBe(0);
    expect(rows[700]!.score).toBe(0);
    expect(rows[SPIKE_ROW]!.isAnomaly).toBe(true);
  });

  it.each([
    [
      "huge values",
      (row: number, [cpu, memory]: [number, number]): [number, number] => [row % 97 === 0 ? 1e300 : cpu, memory],
    ],
    ["a constant column", (_: number, [cpu]: [number, number]): [number, number] => [cpu, 7]],
    ["nothing but constants", (): [number, number] => [1, 0]],
  ])("survives %s", async (_, change) => {
    const { code, rows } = await score(makeSeries(change));
    expect(code).toBe(0);
    expect(rows).toHaveLength(ROWS);
    expect(rows.every((row) => Number.isFinite(row.score))).toBe(true);
  });

  it("counts cells that are neither numbers nor missing, and names the first", async () => {
    const text = makeSeries()
      .split("\n")
      .map((line, at) => (at === 700 || at === 701 ? `${line.slice(0, line.lastIndexOf(","))},12 MB` : line))
      .map((line, at) => (at === 703 ? `${line.slice(0, line.lastIndexOf(","))},NaN` : line))
      .join("\n");
    const { code, stderr, rows } = await score(text, await sensitive());
    expect(code).toBe(0);
    expect(stderr).toContain(
      '2 of 1,199 filled cells of "memory" are no numbers and count as missing (line 701: "12 MB").',
    );
    expect(stderr).not.toContain('"cpu"');
    expect(rows[699]?.score).toBe(0);
    expect((await score(makeSeries(), await sensitive())).stderr).not.toContain("no numbers");
  });

  it("refuses a column of texts, unless the detector does not watch it", async () => {
    const text = makeSeries()
      .split("\n")
      .map((line, at) => (line === "" ? line : `${line},${at === 0 ? "host" : "web-1"}`))
      .join("\n");
    const { code, stderr, content } = await score(text);
    expect(code).toBe(1);
    expect(stderr).toMatch(/the column "host" has no number \(line 2: "web-1"\): leave it out of the file, or give/);
    expect(content).toBe("");
    const { code: watched, stderr: quiet } = await score(text, await sensitive());
    expect(watched).toBe(0);
    expect(quiet).not.toContain("host");
  });

  it("writes to standard output for a pipe", async () => {
    const { code, stdout } = await tidewatch(["score", "-i", "-", "-o", "-"], { input: makeSeries() });
    expect(stdout.trimEnd().split("\n")).toHaveLength(ROWS + 1);
    expect(code).toBe(0);
  });

  it.each([
    ["too few rows", "timestamp,a\n2026-11-20,1\n", [], "has 1 complete row, which is too few"],
    ["an empty file", "", [], "is empty"],
    ["no times", "a,b\n1,2\n", [], "--interval"],
    ["a bad row", "timestamp,a\n2026-11-20,1\nsoon,2\n", [], "line 3"],
    ["a detector that is none", makeSeries(), ["--detector", "/dev/null"], "not JSON"],
  ])("explains %s in one sentence and fails", async (_, text, args, sentence) => {
    const { code, stderr } = await score(text, args);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  it("trains a model that looks back far on as many rows as that takes, or says how many", async () => {
    const detector = await sensitive({ features: [{ metric: "cpu" }], model: { family: "arima", period: 144 } });
    const { code, stderr } = await score(makeSeries(), detector);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^The first 498 rows trained the model/m)]);
    const short = await score(makeSeries().split("\n").slice(0, 900).join("\n"), detector);
    expect(short.stderr).toMatch(
      /has 449 complete rows to train on, which is too few \(498 at least, 449 of them for the first vector\); give more with --train\./,
    );
    expect(short.code).toBe(1);
  });

  it.each([60, 3600])("says that the newest rows come first, %i s apart", async (seconds) => {
    const lines = Array.from({ length: ROWS }, (_, row) => `${1_790_000_000 - row * seconds},${row % 7}`);
    const { code, stderr, input } = await score(`timestamp,a\n${lines.join("\n")}\n`);
    expect(stderr).toContain(`the rows of ${input} go backwards in time`);
    expect(stderr).toContain("first in line 3: sort it by time, oldest first.");
    expect(code).toBe(1);
  });

  it("says of late rows where they are", async () => {
    const lines = Array.from({ length: ROWS }, (_, row) => {
      const late = row === 700 ? 100_000 : 0;
      return `${1_790_000_000 + row * 60 - late},${row % 7}`;
    });
    const { code, stderr } = await score(`timestamp,a\n${lines.join("\n")}\n`);
    expect(stderr).toMatch(
      /1 row was older than .* score 0: the rows of .* go backwards in time 1 time, first in line 702/,
    );
    expect(code).toBe(0);
  });

  it.each(["isolation-forest", "stream"])("names a column that holds no number at all (%s)", async (family) => {
    const detector = { features: [{ metric: "a" }, { metric: "b" }], model: { family } };
    const lines = Array.from({ length: ROWS }, (_, row) => `${1_790_000_000 + row * 60},${row % 7},NaN`);
    const { code, stderr } = await score(`timestamp,a,b\n${lines.join("\n")}\n`, await sensitive(detector));
    expect(stderr).toMatch(/the column "b" has no number in [\d,]+ rows: leave it out of the file/);
    expect(code).toBe(1);
  });

  it("refuses to overwrite its input", async () => {
    const path = await saved(makeSeries());
    const { code, stderr } = await tidewatch(["score", "-i", path, "-o", path]);
    expect(stderr).toContain("would be overwritten");
    expect(code).toBe(1);
    expect(await readFile(path, "utf8")).toBe(makeSeries());
  });
});

const saved = async (text: string): Promise<string> => {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.csv`);
  await writeFile(path, text);
  return path;
};

/** The Numenta Anomaly Benchmark is not part of this repository (its licence is the AGPL). */
const NAB = process.env.TIDEWATCH_NAB_DIR;

describe.skipIf(!NAB)("the Numenta Anomaly Benchmark (skipped unless TIDEWATCH_NAB_DIR names its folder)", () => {
  it("is scored file by file, each row once and in order", { timeout: 300_000 }, async () => {
    const data = join(NAB ?? "", "data");
    const files = (await readdir(data, { recursive: true })).filter((name) => /\.csv(\.gz)?$/.test(name));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const bytes = await readFile(join(data, file));
      const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
      const times = text
        .trimEnd()
        .split(/\r?\n/)
        .slice(1)
        .map((line) => line.split(",")[0]);
      const { code, rows, stderr } = await score(text);
      expect(`${file} ${code} ${stderr.includes("unexpected")}`).toBe(`${file} 0 false`);
      expect(rows.map(({ timestamp }) => timestamp)).toEqual(times);
    }
  });
});
