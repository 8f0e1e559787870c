import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tidewatch } from "../support/tidewatch.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-logs-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const saved = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

const LOG = `2026-01-01 12:00:00 INFO a.Store: stored block 17 in 3 ms
2026-01-01 12:00:01 ERROR a.Store: cannot store block 18
java.io.IOException: disk "sda" is full
\tat a.Store.put(Store.java:12)

2026-01-01 12:00:02 INFO a.Store: stored block 19 in 12 ms
`;

describe("tidewatch logs", () => {
  it("gives each line the template of its event, traces included", async () => {
    const output = join(folder, "parsed.csv");
    const input = await saved("app.log.gz", gzipSync(LOG));
    const { code, stderr } = await tidewatch(["logs", "parse", "--input", input, "--output", output]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("The lines are read as header.")]);
    const rows = (await readFile(output, "utf8")).trim().split("\n");
    const ids = rows.slice(1).map((row) => row.split(",")[1]);
    expect(rows[0]).toBe("line_id,event_id,template");
    expect(rows[1]).toMatch(/^1,[0-9a-f]{16},stored block <\*> in <\*>$/);
    expect(rows.slice(1).map((row) => row.split(",")[0])).toEqual(["1", "2", "3", "4", "6"]);
    expect([ids[4], ids[2], ids[3]]).toEqual([ids[0], ids[1], ids[1]]);
    const piped = await tidewatch(["logs", "parse", "--input", "-", "--output", "-"], { input: LOG });
    expect(piped.stdout).toBe(await readFile(output, "utf8"));
  });

  it("takes the cells of a CSV column as messages, and a format by its pattern", async () => {
    const csv = await saved("lines.csv", 'line_id,content\nx1,"took 5 s, ""fast"""\nx2,"took 6 s, ""fast"""\n');
    const parsed = await tidewatch(["logs", "parse", "-i", csv, "--column", "content", "-o", "-"]);
    expect(parsed.stdout).toMatch(/^line_id,event_id,template\nx1,\w{16},"took <\*>, ""fast"""\nx2,/);
    const old = await saved("old.log", "1 [x] one 1\n2 [y] one 2\n");
    const args = ["logs", "templates", "-i", old, "--format", "<Number> [<Component>] <Content>", "--json"];
    expect(JSON.parse((await tidewatch(args)).stdout)).toMatchObject([{ events: 2, template: "one <*>" }]);
  });

  it("lists templates, most frequent first", async () => {
    const { stdout } = await tidewatch(["logs", "templates", "--input", await saved("app.log", LOG)]);
    expect(
      stdout.split("\n").map((line) =>
        line
          .replace(/[0-9a-f]{16}/, "ID")
          .replaceAll(/ +/g, " ")
          .trim(),
      ),
    ).toEqual(["events id template", "2 ID stored block <*> in <*>", "1 ID cannot store block <*>", ""]);
  });

  it("takes no empty file and no binary one for a log, but one that begins with NUL bytes", async () => {
    const templates = async (path: string) => tidewatch(["logs", "templates", "--input", path]);
    const empty = await saved("empty.log", "\n");
    expect(await templates(empty)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining(`${empty} has no lines.`),
    });
    const binary = await saved("binary.log", gzipSync(Uint8Array.from({ length: 20_000 }, (_, n) => (n * n) % 251)));
    expect(await templates(binary)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining(`${binary} is binary`),
    });
    const emptied = await saved("emptied.log", `${"\0".repeat(500)}${LOG}`);
    expect(await templates(emptied)).toMatchObject({ code: 0, stdout: expect.stringContaining("stored block <*>") });
  });

  it("judges sessions by those of a training log, and names what is missing and what is extra", async () => {
    const job = (key: string, steps: string[]) =>
      steps.map((step) => `2026-01-01 12:00:00 INFO a.Job: ${step} job-${key}`);
    const normal = (key: string) => job(key, ["started", "stored", "finished"]);
    const week = Array.from({ length: 60 }, (_, index) => normal(String(index))).flat();
    const today = [...normal("100"), ...job("101", ["started", "retried", "retried"]), ...normal("102")];
    const [train, input] = [await saved("week.log", week.join("\n")), await saved("today.log", today.join("\n"))];
    const crashed = await saved("crashed.log", [...week, ...job("60", ["started", "crashed"])].join("\n"));
    const keys = Array.from({ length: 61 }, (_, index) => `job-${index},${index === 60 ? 1 : 0}`);
    const labels = await saved("labels.csv", `key,label\n${keys.join("\n")}`);
    const args = ["logs", "score", "--input", input, "--session", "(job-\\d+)$", "--output", "-"];
    for (const more of [
      ["--train", train, "--normal"],
      ["--train", crashed, "--labels", labels],
      ["--train", train],
    ]) {
      const { code, stdout } = await tidewatch([...args, ...more]);
      const rows = stdout
        .trim()
        .split("\n")
        .map((row) => row.split(","));
      expect([code, rows[0]]).toEqual([0, ["block_id", "score", "missing", "extra"]]);
      expect(rows.slice(1).map(([key, score]) => [key, Number(score) >= 0.5])).toEqual([
        ["job-100", false],
        ["job-101", true],
        ["job-102", false],
      ]);
      expect(rows[2]!.slice(2)).toEqual(["stored job-<*> ×1; finished job-<*> ×1", "retried job-<*> ×2"]);
    }
  });

  it("keeps more open sessions than memory is to hold on disk, and joins their parts", async () => {
    const keys = Array.from({ length: 25_000 }, (_, index) => index);
    const lines = (["started", "stored", "finished"] as const).flatMap((step) =>
      keys.filter((key) => step !== "stored" || key % 5000 > 0).map((key) => `${step} job-${key}`),
    );
    const input = await saved("many.log", lines.join("\n"));
    const { stdout, stderr } = await tidewatch(["logs", "score", "-i", input, "-s", "job-\\d+", "-o", "-"]);
    const rows = stdout
      .trim()
      .split("\n")
      .slice(1)
      .map((row) => row.split(","));
    expect(new Set(rows.map(([key]) => key)).size).toBe(25_000);
    const found = rows.filter(([, score]) => Number(score) >= 0.5);
    expect(found.map(([key, , missing]) => [key, missing]).sort()).toEqual(
      [0, 10_000, 15_000, 20_000, 5000].map((key) => [`job-${key}`, "stored job-<*> ×1"]),
    );
    expect(stderr).toContain("25,000 sessions learned, 25,000 scored, 5 anomalous");
  });

  it("says what is wrong with keys and labels", async () => {
    const input = await saved("app.log", LOG);
    const run = (...more: string[]) => tidewatch(["logs", "score", "-i", input, "-o", "-", ...more]);
    expect((await run("-s", "nothing=\\d+")).stderr).toContain("there are no sessions");
    expect((await run("-s", "(")).stderr).toContain("the session pattern ( cannot be used");
    const labels = await saved("bad.csv", "key,label\nx,perhaps\n");
    expect((await run("-s", "block \\d+", "--labels", labels)).stderr).toContain(
      'line 2: "perhaps" is neither 0 nor 1',
    );
    expect((await run("-s", "block \\d+", "--labels", await saved("none.csv", "key\nx\n"))).stderr).toContain(
      "column label",
    );
    const [few, ill] = [await saved("few.csv", "key,label\nx,0\n"), await saved("ill.csv", "key,label\nblock 17,1\n")];
    expect((await run("-s", "block \\d+", "--labels", few)).stderr).toContain(
      `Of 1 labelled key, none is a session of ${input} ("x" unlike "block 17")`,
    );
    expect((await run("-s", "block \\d+", "--labels", ill)).stderr).toContain("no normal session");
    const both = await run("-s", "block \\d+", "--labels", few, "--normal");
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("--labels and --normal exclude each other")]);
  });

  it("says what is wrong", async () => {
    const csv = await saved("other.csv", "a,b\n1,2\n");
    const missing = await tidewatch(["logs", "parse", "-i", csv, "--column", "content", "-o", "-"]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('no column "content"')]);
    const pattern = await tidewatch(["logs", "parse", "-i", csv, "--format", "<Date>", "-o", "-"]);
    expect([pattern.code, pattern.stderr]).toEqual([1, expect.stringContaining("needs one <Content>")]);
    const bogus = await tidewatch(["logs", "templates", "-i", csv, "--format", "bogus"]);
    expect([bogus.code, bogus.stderr]).toEqual([2, expect.stringContaining('There is no format "bogus"')]);
    const unfit = await tidewatch(["logs", "templates", "-i", csv, "--format", "[<Level>] <Content>"]);
    expect(unfit).toMatchObject({ code: 1, stdout: "" });
    expect(unfit.stderr).toContain("fits none of the first 2 lines, such as: a,b");
  });
});
