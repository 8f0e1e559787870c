import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApi } from "@tidewatch/functions/api/create-api";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { listen } from "@tidewatch/local/http/listen";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import forest from "../../packages/core/src/model/isolation-forest/fixtures/scikit-learn.json" with { type: "json" };
import { sklearnClassifier, sklearnIsolationForest } from "../support/onnx/sklearn.ts";
import { tidewatch } from "../support/tidewatch.ts";

const T0 = Date.UTC(2026, 0, 1);
let folder: string;
let data: string;
let url: string;
let pipeline: Awaited<ReturnType<typeof startPipeline>>;
let closeServer: () => Promise<void>;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-models-"));
  data = file("data");
  pipeline = await startPipeline({ directory: data });
  const { stream, table, blobs, train, examine, datasets, orderBacktest, consumers } = pipeline;
  const ports = {
    stream,
    table,
    blobs,
    train,
    examine,
    datasets,
    orderBacktest,
    consumers,
    runtime: onnxRuntime(),
    clock: Date.now,
  };
  const api = createApi({ version: "test", ...ports, log: () => {}, requireKeys: false });
  ({ url, close: closeServer } = await listen(api, 0, "127.0.0.1"));
  const detector = {
    id: "host",
    features: ["a", "b", "c"].map((metric) => ({ metric })),
    model: { family: "onnx" },
    sensitivity: 9,
  };
  await writeFile(file("detector.json"), JSON.stringify(detector));
  await writeFile(file("forest.onnx"), sklearnForest());
  await writeFile(file("m.json"), JSON.stringify({ features: ["a", "b", "c"], description: "made in Python" }));
  await writeFile(file("normal.csv"), csvOf(forest.train));
});
afterAll(async () => {
  await closeServer?.();
  await pipeline?.close();
  await rm(folder, { recursive: true, force: true });
});

const sklearnForest = () => {
  const { sampleSize } = forest;
  const averagePath = 2 * (Math.log(sampleSize - 1) + 0.577_215_664_901_532_9) - (2 * (sampleSize - 1)) / sampleSize;
  return sklearnIsolationForest(forest.trees, 3, averagePath);
};

const rowsOf = (values: readonly number[]): number[][] =>
  Array.from({ length: values.length / 3 }, (_, row) => values.slice(row * 3, row * 3 + 3));
const csvOf = (values: readonly number[]): string => `a,b,c\n${rowsOf(values).join("\n")}\n`;

const run = (...args: string[]) => tidewatch([...args, "--url", url]);
const importModel = (...args: string[]) =>
  run("models", "import", file("forest.onnx"), "--manifest", file("m.json"), "--detector", "host", ...args);

/** One event a second, of the test rows of the fixture. */
const putRows = async (from: number, to: number) => {
  const lines = rowsOf(forest.test)
    .slice(from, to)
    .map(([a, b, c], row) =>
      JSON.stringify({ type: "metric", entity: "h1", timestamp: T0 + (from + row) * 1000, values: { a, b, c } }),
    );
  await writeFile(file("events.ndjson"), lines.join("\n"));
  expect(await run("put", file("events.ndjson"))).toMatchObject({ code: 0 });
  await pipeline.drained();
};

type Found = { items: { timestamp: number; modelVersion: number; attribution: object }[] };
const anomalies = async () =>
  ((await (await fetch(`${url}/v1/anomalies?detector=host&limit=1000`)).json()) as Found).items;

describe("a model that was made elsewhere", () => {
  it("scores nothing before there is a version in use", async () => {
    expect(await run("detectors", "apply", file("detector.json"))).toMatchObject({ code: 0 });
    await putRows(0, 10);
    expect((await run("models", "list")).stdout).toMatch(/^host +onnx +– +– +–$/m);
    expect((await run("models", "show", "host")).stderr).toContain(
      'No version of a model "host" was trained or imported here yet.',
    );
    expect((await run("status")).stdout).toContain("import one and promote it");
  });

  it("is imported, promoted, and finds what scikit-learn's own scores find", async () => {
    const { code, stdout, stderr } = await importModel("--reference", file("normal.csv"));
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^host: imported as version 1$/m);
    expect(stdout).toContain('"scores" is read as a score; lower is stranger');
    expect(stdout).toMatch(/calibrated by 1,500 rows; .* µs per row, \d+ kB/);
    expect(stdout).toContain("tidewatch models promote host 1");
    expect(code).toBe(0);
    expect(await run("models", "promote", "host", "1")).toMatchObject({
      code: 0,
      stdout: "host: version 1 is in use\n",
    });
    await putRows(10, 400);
    const found = await anomalies();
    // The reference holds 20 strange rows of 1,500: a high sensitivity is needed to find rows that are as strange.
    expect(found.length).toBeGreaterThan(0);
    const raw = forest.rawScores.slice(10);
    const threshold = raw.toSorted((a, b) => b - a)[found.length - 1]!;
    const expected = raw.flatMap((score, row) => (score >= threshold ? [T0 + (row + 10) * 1000] : []));
    expect(found.map(({ timestamp }) => timestamp).sort()).toEqual(expected);
    expect(found.every(({ modelVersion }) => modelVersion === 1)).toBe(true);
  });

  it("can be replaced, rolled back, and explained", async () => {
    const imported = await importModel("--reference", file("normal.csv"), "--promote", "--json");
    expect(JSON.parse(imported.stdout)).toMatchObject({ version: 2, promoted: true, outputIs: "score" });
    expect((await run("models", "list")).stdout).toMatch(/^host +onnx +2 +1 +2$/m);
    expect(await run("models", "promote", "host", "previous")).toMatchObject({ stdout: "host: version 1 is in use\n" });
    expect((await run("models", "show", "host")).stdout).toMatch(/^ +2 .+ 1,500 +previous\n +1 .+ 1,500 +in use$/m);
    const manifest = JSON.parse((await run("models", "show", "host@1")).stdout);
    expect(manifest).toMatchObject({
      family: "onnx",
      trainingRows: 1500,
      params: { source: { producer: "skl2onnx" } },
    });
    expect(manifest.params.description).toBe("made in Python");
    expect(await run("models", "promote", "host", "7")).toMatchObject({ code: 1, stderr: /no version 7/ });
    expect(await run("models", "promote", "host", "newest")).toMatchObject({ code: 2 });
  });

  it("has a history, aliases and a way back, on the server and in the stores", async () => {
    const bare = (stdout: string) => stdout.replaceAll(/ {2,}/g, " ");
    expect(await run("models", "rollback", "host")).toMatchObject({
      code: 0,
      stdout: /^host: version 2 is in use again/,
    });
    const { stdout } = await run("models", "history", "host", "--alias", "champion", "--limit", "2");
    expect(bare(stdout)).toMatch(
      /^time alias version before why\n\S+ champion 2 1 somebody without a key: rolled back on demand\n\S+ champion 1 2 .*\n$/,
    );
    const inStores = await tidewatch(["models", "alias", "host", "blue", "1", "--reason", "keep", "--directory", data]);
    expect(bare(inStores.stdout)).toMatch(/^alias version since\nblue 1 \S+\nchampion 2 \S+\nprevious 1 \S+\n$/);
    expect((await run("models", "show", "host")).stdout).toMatch(/1,500 +previous, blue$/m);
    const then = await run("models", "history", "host", "--at", "2026-01-01", "--json");
    expect(JSON.parse(then.stdout)).toEqual({ items: [], at: null });
    const now = await tidewatch(["models", "history", "host", "--at", "2099-01-01", "--directory", data]);
    expect(now.stdout).toMatch(
      /^host: version 2 was champion at 2099-01-01T00:00:00.000Z, since \S+: somebody without a key:/,
    );
    expect(now.stdout).toContain("cli: keep");
    const early = await run("models", "history", "host", "--at", "2001-01-01");
    expect(early.stdout).toMatch(/no version was champion .+\n\nNo alias had been moved by then\./);
    expect((await run("models", "alias", "host", "blue", "none")).stdout).not.toContain("blue");
    expect(await run("models", "alias", "host", "previous", "1")).toMatchObject({ code: 1, stderr: /moves by itself/ });
    expect(await run("models", "alias", "host", "blue", "newest")).toMatchObject({ code: 2 });
    expect(await run("models", "history", "host", "--at", "noon")).toMatchObject({ code: 2 });
    expect((await run("models", "rollback", "host")).stdout).toContain("version 1");
  });

  it("is shown though its manifest is damaged, but not though the server went away", async () => {
    const manifest = "models/host/2/manifest.json";
    const bytes = (await pipeline.blobs.get(manifest))!;
    await pipeline.blobs.put(manifest, new TextEncoder().encode("{"));
    expect((await run("models", "show", "host")).stdout).toMatch(/^ +2 .+ 1,500/m);
    await pipeline.blobs.put(manifest, bytes);
    const model = await (await fetch(`${url}/v1/models/host`)).text();
    const dying = createServer((request, response) => {
      response.writeHead(request.url!.includes("/versions/") ? 503 : 200).end(model);
    });
    await new Promise<void>((done) => dying.listen(0, "127.0.0.1", done));
    const { port } = dying.address() as AddressInfo;
    const shown = await tidewatch(["models", "show", "host", "--url", `http://127.0.0.1:${port}`]);
    expect(shown).toMatchObject({ code: 1, stderr: /answered 503/ });
    await new Promise((done) => dying.close(done));
  });

  it("is never trained over, nor offline", async () => {
    await writeFile(file("rows.csv"), `timestamp,a,b,c\n${T0},1,2,3\n`);
    const offline = ["score", "--input", file("rows.csv"), "--output", file("scored.csv"), "-d", file("detector.json")];
    expect(await tidewatch(offline)).toMatchObject({ code: 1, stderr: /scores by an imported model \(onnx\)/ });
    expect(await run("detectors", "train", "host")).toMatchObject({
      code: 1,
      stderr: /nothing to train: the family onnx is imported/,
    });
  });

  it("is imported straight into the stores while the server runs, without its limit of size", async () => {
    const large = sklearnClassifier({
      ...{ columns: 3, labels: [0, 1], zipMap: true, threshold: 2, below: 0.01, above: 0.99 },
      padding: 12_000_000,
    });
    await writeFile(file("large.onnx"), large);
    const args = ["models", "import", file("large.onnx"), "-m", file("m.json"), "-d", "host", "-r", file("normal.csv")];
    const refused = await run(...args);
    expect(refused).toMatchObject({ code: 1, stderr: /a request of 16\.\d MB; a server takes 10\.5 MB.*--directory/s });
    const { stdout, stderr } = await tidewatch([...args, "--directory", data, "--promote"]);
    expect(stderr).toBe("");
    expect(stdout).toContain("read as probabilities; the score is that of class 1; higher is stranger");
    expect(stdout).toContain("It is in use.");
    expect((await tidewatch(["models", "list", "--directory", data])).stdout).toMatch(/^host +onnx +3 +1 +3$/m);
    expect((await run("models", "show", "host")).stdout).toMatch(/^ +3 .+in use$/m);
  });

  it.each([
    ["no reference", [], /give rows that are normal \(--reference\)/],
    ["a reference without a column", ["-r", "other.csv"], /no column "b"; its header has a, x/],
    ["a reference with a word in it", ["-r", "odd.csv"], /odd\.csv, line 3: "high" is no number/],
    ["a reference of few rows", ["-r", "few.csv"], /has 2 complete rows.* at least 50/],
  ])("is refused with %s", async (_what, args, reason) => {
    await writeFile(file("other.csv"), "a,x\n1,2\n");
    await writeFile(file("odd.csv"), "timestamp,a,b,c\n2026-01-01T00:00:00Z,1,2,3\n2026-01-01T00:01:00Z,1,high,3\n");
    await writeFile(file("few.csv"), "a,b,c\n1,2,3\n,,\n4,5,6\n");
    const paths = args.map((arg) => (arg.endsWith(".csv") ? file(arg) : arg));
    expect(await importModel(...paths)).toMatchObject({ code: 1, stderr: expect.stringMatching(reason) });
  });

  it("is refused when it is none, and when the manifest does not fit", async () => {
    await writeFile(file("bad.json"), JSON.stringify({ features: ["a"], shingle: 3, output: "y" }));
    const args = ["models", "import", file("forest.onnx"), "--detector", "host"];
    expect(await run(...args, "--manifest", file("bad.json"))).toMatchObject({ code: 1, stderr: /"shingle"/ });
    await writeFile(file("two.json"), JSON.stringify({ features: ["b", "a"] }));
    const two = ["--manifest", file("two.json"), "--reference", file("normal.csv")];
    expect(await run(...args, ...two)).toMatchObject({
      code: 1,
      stderr: /features are b, a; detector "host" has a, b, c/,
    });
    const other = [
      "models",
      "import",
      file("normal.csv"),
      "-m",
      file("m.json"),
      "-d",
      "host",
      "-r",
      file("normal.csv"),
    ];
    expect(await run(...other)).toMatchObject({ code: 1, stderr: /This is no ONNX file/ });
    expect(await run("models", "import", file("none.onnx"), "-m", file("m.json"), "-d", "host")).toMatchObject({
      code: 1,
      stderr: /none\.onnx does not exist/,
    });
  });
});
