import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { LogDetector } from "@tidewatch/core/log/detector";
import { putDetector } from "@tidewatch/core/store/detectors";
import { createApi } from "@tidewatch/functions/api/create-api";
import type { LabelDocument } from "@tidewatch/functions/api/schemas/labels";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { listen } from "@tidewatch/local/http/listen";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answeringServer } from "../support/event-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

const folder = temporaryFolder();
const file = (name: string): string => join(folder.path, name);
afterAll(() => folder.remove());

const SESSION = "job=(\\S+)";
/** What a log may hold to get into a page that shows it. */
const HOSTILE = `<script>alert("x")</script>'"><img src=x onerror=alert(1)>&lt;b&gt;\u202edneb`;
const HOSTILE_KEY = "<svg/onload=alert(1)>";

/** Jobs one after the other; every tenth crashes, and one has a key that is markup. */
const jobs = 300;
const keyOf = (job: number): string => (job === 290 ? HOSTILE_KEY : `j${job}`);
const isBad = (job: number): boolean => job % 10 === 0;
const log = Array.from({ length: jobs }, (_, job) => {
  const at = new Date(Date.UTC(2026, 0, 1) + job * 60_000).toISOString().slice(0, 19).replace("T", " ");
  const steps = isBad(job) ? ["started", `crashed ${HOSTILE}`] : ["started", `read ${job} rows`, "finished"];
  return steps.map((step) => `${at} INFO a.Job: ${step} job=${keyOf(job)}\n`).join("");
}).join("");
const labelled = (label: (job: number) => number) =>
  `key,label\n${Array.from({ length: jobs }, (_, job) => `${keyOf(job)},${label(job)}\n`).join("")}`;

beforeAll(async () => {
  await writeFile(file("app.log.gz"), gzipSync(log));
  await writeFile(
    file("labels.csv"),
    labelled((job) => (isBad(job) ? 1 : 0)),
  );
});
const train = (...args: string[]) => tidewatch(["logs", "train", "-i", file("app.log.gz"), "-s", SESSION, ...args]);

describe("tidewatch logs train", () => {
  it("tests on the last part of the log, writes a model, and the model judges as it did", async () => {
    const output = file("model");
    const { code, stdout, stderr } = await train("--labels", file("labels.csv"), "-o", output);
    expect([code, stderr]).toEqual([0, expect.stringContaining("270 sessions, 6 templates, decided by labels")]);
    expect(stdout).toMatch(
      /^Of the last 60 sessions, 6 of them anomalous, the model found 6 and raised 0 false alarms/,
    );
    expect((await readdir(output)).sort()).toEqual(["forest.bin", "manifest.json", "sessions.json", "templates.bin"]);
    const manifest = JSON.parse(await readFile(join(output, "manifest.json"), "utf8"));
    expect(manifest).toMatchObject({ source: "file", labels: { anomalous: 30, normal: 270 }, decidedBy: "labels" });

    const today = "2026-01-02 00:00:00 INFO a.Job: started job=x\n2026-01-02 00:00:01 INFO a.Job: exploded job=x\n";
    await writeFile(file("today.log"), log.slice(-1500) + today);
    const args = ["logs", "score", "-i", file("today.log"), "-s", SESSION, "--model", output, "-o", "-"];
    const scored = await tidewatch(args);
    const rows = scored.stdout.trim().split("\n").slice(1);
    const verdicts = rows.map((row) => [row.split(",")[0], Number(row.split(",")[1]) >= 0.5]);
    expect(verdicts.filter(([, isAnomalous]) => isAnomalous).map(([key]) => key)).toEqual([HOSTILE_KEY, "x"]);
    expect(rows.at(-1)).toContain("exploded job=x ×1");
  });

  it("writes the same files for the same log, but for the time of training", async () => {
    const [one, two] = [file("one"), file("two")];
    for (const output of [one, two]) await train("--labels", file("labels.csv"), "-o", output);
    const files = await readdir(one);
    for (const name of files.filter((name) => name !== "manifest.json")) {
      expect(await readFile(join(two, name))).toEqual(await readFile(join(one, name)));
    }
  });

  it("says that it replaced the model that was in the folder", async () => {
    const first = await train("-o", file("again"));
    const second = await train("--normal", "-o", file("again"));
    const [said, manifest] = [`Replaced the model that was in ${file("again")}.`, join(file("again"), "manifest.json")];
    expect(first.stderr).not.toContain(said);
    expect([second.code, second.stderr]).toEqual([0, expect.stringContaining(said)]);
    expect(JSON.parse(await readFile(manifest, "utf8"))).toMatchObject({ training: "normal" });
  });

  it("reports in a page that needs nothing else, and says in JSON what it says", async () => {
    const args = ["--labels", file("labels.csv"), "-o", file("reported"), "--report", file("report.html"), "--json"];
    const { code, stdout } = await train(...args);
    expect(code).toBe(0);
    const { evaluation, importance, events, sessions } = JSON.parse(stdout);
    expect({ events, sessions }).toEqual({ events: 870, sessions: 300 });
    expect(evaluation.parts).toMatchObject({
      train: { sessions: 180, anomalous: 18, fromMs: Date.UTC(2026, 0, 1) },
      validate: { sessions: 60, anomalous: 6 },
      test: { sessions: 60, anomalous: 6 },
    });
    const counts = { truePositives: 6, falsePositives: 0, falseNegatives: 0, trueNegatives: 54 };
    expect(evaluation.test).toEqual({ ...counts, precision: 1, recall: 1, f1: 1, auprc: 1 });
    expect(evaluation).toMatchObject({ isChosen: true, wrong: [], twins: 59 });
    expect(importance.reduce((sum: number, { share }: { share: number }) => sum + share, 0)).toBeCloseTo(1);
    const page = await readFile(file("report.html"), "utf8");
    expect(page).toContain(evaluation.verdict.replaceAll("'", "&#39;"));
    expect(page).toContain("<svg viewBox");
    expect(page).not.toMatch(/\b(?:src|href)=["']?\w+:/);
  });

  it("shows what a log says as text, whatever it says", async () => {
    // Labels that contradict the log, so that keys are listed as wrong verdicts.
    await writeFile(
      file("wrong.csv"),
      labelled((job) => (isBad(job) && job < 200 ? 1 : 0)),
    );
    const { code } = await train("--labels", file("wrong.csv"), "-o", file("m"), "--report", file("hostile.html"));
    const page = await readFile(file("hostile.html"), "utf8");
    expect(code).toBe(0);
    expect(page).toContain("&lt;svg/onload=alert(1)&gt;");
    expect(page).toContain("&lt;script&gt;");
    expect(page).not.toMatch(/\p{Bidi_Control}/u);
    const tags = new Set(Array.from(page.matchAll(/<\/?([a-z][^\s/>]*)/gi), ([, tag]) => tag!.toLowerCase()));
    const known =
      "html head meta title style body main h1 h2 p section div span b br small figure figcaption code table";
    const drawn = "tr th td svg line text path circle rect title";
    expect([...tags].filter((tag) => !`${known} ${drawn}`.split(" ").includes(tag))).toEqual([]);
    const attributes = Array.from(page.matchAll(/<[a-z][^<>]*?\s(on\w+|style|src|href)=/gi), ([, name]) => name);
    expect(attributes).toEqual([]);
  });

  it("learns without labels, too, and says what a report lacks", async () => {
    const normal = await train("--normal", "-o", file("normal"), "--json");
    expect(JSON.parse(normal.stdout)).toMatchObject({ manifest: { training: "normal", trainingSessions: 300 } });
    const unlabelled = await train("-o", file("unlabelled"));
    expect([unlabelled.code, unlabelled.stdout]).toEqual([0, ""]);
    expect((await readdir(file("unlabelled"))).sort()).toEqual(["manifest.json", "sessions.json", "templates.bin"]);
    await writeFile(
      file("normal.csv"),
      labelled(() => 0),
    );
    const refusals: [string[], number, string][] = [
      [["--report", file("r.html")], 1, "give some (--labels)"],
      [["--report", file("r.html"), "--labels", file("normal.csv")], 1, "needs anomalous and normal sessions"],
      [["--labels", file("labels.csv"), "--normal"], 2, "exclude each other"],
      [["--report", file("app.log.gz")], 1, "would be overwritten"],
    ];
    for (const [args, code, text] of refusals) {
      const refused = await train("-o", file("refused"), ...args);
      expect([refused.code, refused.stderr]).toEqual([code, expect.stringContaining(text)]);
    }
    const nothing = await tidewatch(["logs", "train", "-i", file("app.log.gz"), "-s", "none=(\\d+)", "-o", file("x")]);
    expect(nothing.stderr).toContain("there are no sessions");
    const score = ["logs", "score", "-i", file("app.log.gz"), "-s", SESSION, "-o", "-"];
    expect((await tidewatch([...score, "--model", file("app.log.gz")])).stderr).toContain("holds no model");
    expect(await tidewatch([...score, "--model", "x", "--normal"])).toMatchObject({ code: 2 });
    await mkdir(file("broken"), { recursive: true });
    await writeFile(join(file("broken"), "manifest.json"), "no JSON");
    expect((await tidewatch([...score, "--model", file("broken")])).stderr).toContain("no manifest of a log model");
  });
});

describe("log models and labels at a server", () => {
  let url: string;
  let pipeline: Awaited<ReturnType<typeof startPipeline>>;
  let closeServer: () => Promise<void>;
  beforeAll(async () => {
    pipeline = await startPipeline({ directory: file("data") });
    const { stream, table, blobs, train: trainer, examine, datasets, orderBacktest, consumers } = pipeline;
    const ports = {
      stream,
      table,
      blobs,
      train: trainer,
      examine,
      datasets,
      orderBacktest,
      consumers,
      runtime: onnxRuntime(),
      clock: Date.now,
    };
    const api = createApi({ version: "test", ...ports, log: () => {}, requireKeys: false });
    ({ url, close: closeServer } = await listen(api, 0, "127.0.0.1"));
    const detector = LogDetector.parse({ id: "jobs", match: { type: "log" } });
    await putDetector(table, detector, undefined);
    await train("--labels", file("labels.csv"), "-o", file("made"));
  });
  afterAll(async () => {
    await closeServer?.();
    await pipeline?.close();
  });
  const run = (...args: string[]) => tidewatch([...args, "--url", url]);

  it("imports a model through the server, or into its folder", async () => {
    const imported = await run("models", "import", file("made"), "--detector", "jobs", "--promote");
    expect(imported).toMatchObject({ code: 0, stderr: "" });
    expect(imported.stdout).toContain(
      "jobs: imported as version 1\n  learnt from 270 sessions of 6 templates; 30 anom",
    );
    const json = ["models", "import", file("made"), "-d", "jobs", "--json", "-D", file("data")];
    expect(JSON.parse((await tidewatch(json)).stdout)).toMatchObject({ version: 2, promoted: false });
    expect((await run("models", "promote", "jobs", "2")).stdout).toBe("jobs: version 2 is in use\n");
    expect(JSON.parse((await run("models", "show", "jobs@2")).stdout)).toMatchObject({ name: "jobs", source: "file" });
    expect((await run("models", "show", "jobs")).stdout).toMatch(/^version +made +sessions\n +2 .+ 270 +in use$/m);
    expect((await run("models", "list")).stdout).toMatch(/jobs +log-sessions +2 +1 +2/);
    expect(await run("models", "import", file("made"))).toMatchObject({ code: 2 });
    expect(await run("models", "import", file("made"), "-d", "jobs", "-m", "m.json")).toMatchObject({ code: 2 });
    expect(await run("models", "import", file("labels.csv"), "-d", "jobs")).toMatchObject({ code: 2 });
  });

  it("says that a detector of logs was trained on sessions, and another on rows", async () => {
    const server = await answeringServer(({ method, url }) => {
      const match = url.endsWith("/jobs") ? { type: "log" } : { entity: "*" };
      return { status: 200, body: method === "GET" ? { match } : { version: 3, trainingRows: 4580 } };
    });
    const trained = async (id: string) => (await tidewatch(["detectors", "train", id, "--url", server.url])).stdout;
    expect(await trained("jobs")).toBe("jobs: model version 3, trained on 4,580 sessions\n");
    expect(await trained("web")).toBe("web: model version 3, trained on 4,580 rows\n");
    await server.close();
  });

  it("labels sessions by their keys, one by one or from a file", async () => {
    const label = (action: string, ...args: string[]) => run("label", action, "-d", "jobs", ...args);
    const added = await label("add", "--session", "j1", "--as", "anomalous", "--note", "disk full");
    expect([added.stdout, added.stderr]).toEqual([
      "j1: anomalous whenever it was\n",
      expect.stringContaining('no event of "j1" has come'),
    ]);
    const times = ["--from", "2026-01-01", "--to", "2026-01-02"];
    expect((await label("add", "-s", "j1", ...times, "--as", "normal")).code).toBe(0);
    expect((await label("list")).stdout).toMatch(/j1 +always +anomalous .*disk full\n *j1 +2026-01-01T00:00:00Z/);
    expect((await label("remove", "-s", "j1", ...times)).code).toBe(0);
    expect((await label("remove", "-s", "j1")).stdout).toBe("j1: label removed, whenever it was\n");
    const imported = await label("import", file("labels.csv"));
    expect(imported.stdout).toBe("30 anomalous and 270 normal labels imported\n");
    expect(imported.stderr).toContain("of 300 sessions no line has come yet");
    const listed = JSON.parse((await label("list", "--json")).stdout) as LabelDocument[];
    expect(listed.filter(({ label: kind }) => kind === "anomalous")).toHaveLength(30);
    for (const args of [
      ["--as", "normal"],
      ["-e", "a", "-s", "b", "--as", "normal"],
      ["-e", "a", "--as", "normal"],
    ]) {
      expect(await label("add", ...args)).toMatchObject({ code: 2 });
    }
    expect((await label("add", "-e", "j1", ...times, "--as", "normal")).stderr).toContain("label its sessions");
  });
});
