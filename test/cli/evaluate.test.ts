import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { FAMILY_NAMES } from "@tidewatch/core/model/families";
import { afterAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

const root = temporaryFolder();
afterAll(() => root.remove());

const ROWS = 1600;
const SPIKES = [900, 1200, 1500];
const BASELINES = ["autoregression", "rolling-z", "random"];

/**
 * Waves with scatter, a column per metric; all jump in the labelled rows. Without times, labels or scatter where
 * told.
 */
const series = (metrics: readonly string[], { seed = 1, hasLabels = true, rows = ROWS } = {}): string => {
  let state = seed;
  const scatter = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const isSpike = (row: number) => SPIKES.some((spike) => row >= spike && row < spike + 3);
  const lines = Array.from({ length: rows }, (_, row) => {
    const values = metrics.map(() => 40 + 5 * Math.sin(row / 40) + 4 * scatter() + (isSpike(row) ? 60 : 0));
    const time = new Date(Date.UTC(2026, 0, 1) + row * 300_000).toISOString();
    return [time, ...values.map((value) => value.toFixed(3)), ...(hasLabels ? [isSpike(row) ? 1 : 0] : [])].join(",");
  });
  return `${["timestamp", ...metrics, ...(hasLabels ? ["label"] : [])].join(",")}\n${lines.join("\n")}\n`;
};

const folderOf = (name: string, files: Record<string, string | Uint8Array>): string => {
  const folder = join(root.path, name);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  return folder;
};

describe("tidewatch evaluate", () => {
  it("compares families and baselines on labelled series, and says what is skipped and why", async () => {
    const folder = folderOf("both", {
      "web.csv": series(["cpu", "memory"]),
      "deep/db.csv.gz": gzipSync(series(["cpu"], { seed: 7, hasLabels: false })),
      "labels.json": JSON.stringify({ db: SPIKES.map((spike) => [spike, spike + 2]), gone: [] }),
      "notes.csv": series(["cpu"], { hasLabels: false }),
    });
    const output = join(root.path, "scores");
    const families = ["--families", "stream,isolation-forest,var"];

    const { code, stdout, stderr } = await tidewatch(["evaluate", folder, ...families, "--output", output]);

    expect(stderr).toContain("there is no such series: gone");
    expect(code).toBe(0);
    expect(stdout).toContain("2 series, 1,600 rows judged, labelled events in them: 6; sensitivity 5, threshold 3.5.");
    const names = stdout.split("\n").map((line) => line.split(" ")[0]);
    expect(names.filter((name) => ["stream", "isolation-forest", "var", ...BASELINES].includes(name!))).toEqual([
      "stream",
      "isolation-forest",
      "var",
      ...BASELINES,
    ]);
    expect(stdout).toContain("var: skipped on deep/db: features: var takes 2 to 64 of them, not 1");
    expect(stdout).toContain("Without labels, not judged: notes");
    const [header, ...rows] = readFileSync(join(output, "stream/deep/db.csv"), "utf8").trimEnd().split("\n");
    expect(header).toBe("timestamp,anomaly_score,is_anomaly,label");
    expect(rows).toHaveLength(ROWS / 2);
    expect(rows[100]).toMatch(/^2026-01-04T03:00:00.000Z,[\d.]+,1,1$/);
  });

  it("prints everything per series as JSON, the same every time but for the cost", async () => {
    const folder = folderOf("json", { "web.csv": series(["cpu", "memory"]) });
    const args = ["evaluate", folder, "--families", "var", "--train-share", "0.5", "--json"];
    const results = await Promise.all([tidewatch(args), tidewatch(args)]);
    const [one, other] = results.map(({ stdout }) => withoutCost(JSON.parse(stdout)));
    expect(one).toEqual(other);
    const { contenders, series: sizes } = JSON.parse(results[0].stdout);
    expect(sizes).toEqual([{ series: "web", trainRows: 800, trainAnomalies: 0, rows: 800, events: 3, metrics: 2 }]);
    expect(contenders.map(({ name }: { name: string }) => name)).toEqual(["var", ...BASELINES]);
    const [best, , , random] = contenders;
    expect(best.series[0]).toMatchObject({ series: "web", rows: 800, events: 3, unscoredRows: 0 });
    expect(best.mean.ofEvents).toMatchObject({ recall: 1, eventRecall: 1, eventRecallAtOneADay: 1 });
    expect(random.mean.ofEvents.averagePrecision).toBeLessThan(0.2);
    expect(best.mean.fitSeconds).toBeGreaterThan(0);
    expect(best.mean.bytes).toBeGreaterThan(500);
  });

  it("hands the training part's labels to families that learn from them", async () => {
    const labelled = folderOf("labelled", { "web.csv": series(["cpu", "memory"]) });
    const args = ["--families", "random-forest", "--train-share"];
    const [taught, untaught] = await Promise.all(
      ["0.8", "0.5"].map((share) => tidewatch(["evaluate", labelled, ...args, share])),
    );
    // Two spikes of three rows lie in the first 80 %.
    expect(taught!.stdout).toContain("The training part of 1 series holds 6 rows labelled as anomalous");
    expect(untaught!.stdout).not.toContain("labelled as anomalous");
    expect(taught!.stdout).toMatch(/^random-forest +1\.000 +1\.000 /m);
    // No event lies in the first half: there is nothing to learn from.
    expect(untaught!.stdout).toContain("random-forest: skipped on all series: ");
    expect(untaught!.code).toBe(0);
  });

  it("says how many training rows are missing, and how there come more", async () => {
    const small = folderOf("small", { "a.csv": series(["cpu"], { rows: 910 }) });
    const skips = async (share: number) =>
      (await tidewatch(["evaluate", small, "-f", "isolation-forest", "--train-share", String(share)])).stdout;
    const few = await skips(31.5 / 910);
    expect(few).toContain("has 31 complete rows to train on, which is too few (50 at least); raise --train-share.");
    expect(few).toContain(
      "rolling-z: skipped on all series: the training part has 31 rows, and it needs 32; raise --train",
    );
    expect(await skips(32.5 / 910)).not.toContain("rolling-z: skipped");
  });

  it("never looks ahead: other later rows leave the scores before them as they are", async () => {
    const changed = series(["cpu", "memory"]).replaceAll(/^(2026-01-06T1.*?),(\d+)/gm, "$1,9$2");
    const outputs = await Promise.all(
      [series(["cpu", "memory"]), changed].map(async (text, at) => {
        const output = join(root.path, `ahead-scores-${at}`);
        await tidewatch(["evaluate", folderOf(`ahead-${at}`, { "web.csv": text }), "-f", "stream,var", "-o", output]);
        return ["stream", "var", ...BASELINES].map((name) => readFileSync(join(output, name, "web.csv"), "utf8"));
      }),
    );
    for (const [at, one] of outputs[0]!.entries()) {
      const earlier = (text: string) => text.slice(0, text.indexOf("2026-01-06T10"));
      expect(earlier(one)).toBe(earlier(outputs[1]![at]!));
    }
    expect(outputs[0]![0]).not.toBe(outputs[1]![0]);
  });

  it("takes training files, files without times, and a detector's features and sensitivity", async () => {
    const columns = (text: string) => text.replaceAll(/^[^,]+,/gm, "");
    const folder = folderOf("pairs", {
      "db.train.csv": columns(series(["cpu", "memory"], { hasLabels: false, rows: 800 })),
      "db.test.csv": columns(series(["cpu", "memory"], { hasLabels: false })),
      "labels.json": JSON.stringify({ db: { segments: [[900, 902]], step_s: 300, rows: ROWS } }),
    });
    const detector = join(root.path, "detector.json");
    writeFileSync(detector, JSON.stringify({ id: "one", features: [{ metric: "cpu" }], sensitivity: 7 }));

    const { stdout, code } = await tidewatch(["evaluate", folder, "--detector", detector, "-f", "stream,var"]);

    expect(code).toBe(0);
    expect(stdout).toContain("1 series, 1,600 rows judged, labelled events in them: 1; sensitivity 7, threshold 2.7.");
    expect(stdout).toContain("var: skipped on all series");
  });
});

describe("tidewatch evaluate, called wrongly", () => {
  const folder = () => folderOf("wrong", { "a.csv": series(["cpu"], { rows: 40 }) });

  it.each([
    [["--families", "stream,magic"], `There is no family "magic"; there are ${FAMILY_NAMES.join(", ")}.`],
    [["--train-share", "1"], "It must leave rows on both sides"],
    [["--train-share", "half"], "It must be a number from 0 to 1"],
    [["--interval", "0"], "It must be a number above 0"],
  ])("exits with 2 and the rule: %j", async (args, message) => {
    const { code, stderr } = await tidewatch(["evaluate", folder(), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("exits with 1 and names file and rule when the input does not fit", async () => {
    const wide = folderOf("wide", {
      "a.csv": series(
        Array.from({ length: 65 }, (_, at) => `m${at}`),
        { rows: 10 },
      ),
    });
    const cases: [string[], RegExp][] = [
      [["nowhere"], /nowhere does not exist/],
      [[join(folder(), "a.csv")], /a\.csv is a file; name the folder that it lies in/],
      [[folder()], /has an event in its judged rows; lower --train-share/],
      [[folderOf("unlabelled", { "a.csv": series(["cpu"], { hasLabels: false }) })], /Nothing in .* is labelled \(a/],
      [[folder(), "--output", join(folder(), "out")], /its files would be taken for series/],
      [[folder(), "--train-suffix", "-past"], /a\.csv has no training part named a-past\.csv/],
      [[wide], /wide\/a\.csv: The header holds no valid detector:\n {2}features/],
    ];
    for (const [args, message] of cases) {
      const { code, stderr, stdout } = await tidewatch(["evaluate", ...args]);
      expect(stderr).toMatch(message);
      expect(code).toBe(1);
      expect(stdout).toBe("");
    }
  });

  it("refuses a detector that makes other rows, or watches what is not there", async () => {
    const refuse = async (detector: object) => {
      const path = join(root.path, "refused.json");
      writeFileSync(path, JSON.stringify({ id: "x", features: [{ metric: "cpu" }], ...detector }));
      return (await tidewatch(["evaluate", folder(), "-d", path])).stderr;
    };
    expect(await refuse({ intervalSeconds: 60 })).toContain("intervalSeconds makes others of them");
    expect(await refuse({ features: [{ metric: "gpu" }] })).toContain('has no column "gpu"');
  });

  it("teaches the format of the folder in its help", async () => {
    const { stdout, code } = await tidewatch(["evaluate", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("labels.json");
    expect(stdout).toContain("always earlier than what is judged");
  });
});

const COST = new Set(["fitSeconds", "scoreMicrosPerRow"]);
const withoutCost = (value: object) =>
  JSON.parse(JSON.stringify(value, (key, item) => (COST.has(key) ? undefined : item)));
