import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readAnomalies } from "@tidewatch/core/store/anomalies";
import { createApi } from "@tidewatch/functions/api/create-api";
import type { LabelDocument } from "@tidewatch/functions/api/schemas/labels";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { listen } from "@tidewatch/local/http/listen";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

const folder = temporaryFolder();
const fileOf = (name: string, text: string): string => {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
};
let url: string;
let pipeline: Awaited<ReturnType<typeof startPipeline>>;
let closeServer: () => Promise<void>;
beforeAll(async () => {
  pipeline = await startPipeline({ directory: join(folder.path, "data") });
  const { stream, table, blobs, train, examine, datasets, orderBacktest, consumers } = pipeline;
  const stores = { stream, table, blobs, train, examine, datasets, orderBacktest, consumers, runtime: onnxRuntime() };
  const api = createApi({ version: "test", ...stores, clock: Date.now, log: () => {}, requireKeys: false });
  ({ url, close: closeServer } = await listen(api, 0, "127.0.0.1"));
});
afterAll(async () => {
  await closeServer?.();
  await pipeline?.close();
  folder.remove();
});

const run = (...args: string[]) => tidewatch([...args, "--url", url]);
const label = (action: string, ...args: string[]) => run("label", action, "-d", "web", ...args);

const START = Date.UTC(2026, 0, 1);
const timeOf = (row: number): string => new Date(START + row * 60_000).toISOString();
/** Minutes in which a queue grows while the CPU is idle: neither is strange by itself. */
const isStuck = (row: number): boolean => row % 100 >= 60 && row % 100 < 68;
const csv = (from: number, to: number): string => {
  const lines = Array.from({ length: to - from }, (_, at) => {
    const row = from + at;
    const load = 50 + 40 * Math.sin(row / 7) + (row % 5);
    return [timeOf(row), isStuck(row) ? 100 - load : load, load].map(String).join(",");
  });
  return `timestamp,cpu,queue\n${lines.join("\n")}\n`;
};
const put = async (name: string, from: number, to: number) => {
  expect(await run("put", fileOf(name, csv(from, to)), "--entity", "web-1")).toMatchObject({ code: 0 });
  await pipeline.drained();
};
const web = {
  id: "web",
  features: [{ metric: "cpu" }, { metric: "queue" }],
  latenessSeconds: 0,
  model: { family: "random-forest" },
};

describe("tidewatch label", () => {
  it("teaches a detector: events, labels, training, and anomalies in rows that came later", async () => {
    await run("detectors", "apply", fileOf("web.json", JSON.stringify(web)));
    await put("first.csv", 0, 800);
    expect((await run("status")).stdout).toContain("0 anomalous and 0 normal rows have labels: label some anomalous");
    expect(await run("detectors", "train", "web")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^tidewatch: detector web learns from labels: 0 anomalous and 0 normal rows .+\n$/),
    });

    const wide = ["-e", "web-1", "--from", "2026-01-01", "--to", "2026-02-01"];
    expect(await label("add", ...wide, "--as", "normal", "--note", "a calm month")).toMatchObject({
      code: 0,
      stdout: "web-1: normal from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z\n",
      stderr: "",
    });
    const incidents = [0, 1, 2, 3, 4, 5, 6, 7].map(
      (at) => `web,web-1,${timeOf(100 * at + 60)},${timeOf(100 * at + 68)},1`,
    );
    const file = fileOf("incidents.csv", `detector,entity,from,to,label\n${incidents.join("\n")}\n`);
    expect(await run("label", "import", file)).toMatchObject({
      code: 0,
      stdout: "8 anomalous and 0 normal labels imported\n",
    });
    expect(await run("detectors", "train", "web")).toMatchObject({ code: 0 });
    expect((await run("status")).stdout).toMatch(/^web .+ random-forest, version \d+ +scoring$/m);

    await put("second.csv", 800, 1000);
    const range = { fromMs: START + 800 * 60_000, toMs: START + 1000 * 60_000 };
    const found = (await readAnomalies(pipeline.table, "web", range)).map(
      ({ anomaly }) => (anomaly.timestamp - START) / 60_000,
    );
    const stuck = Array.from({ length: 200 }, (_, at) => 800 + at).filter(isStuck);
    // A few of them have a load of which the mirror image is near it.
    expect(found.filter(isStuck).length).toBeGreaterThan(stuck.length / 2);
    expect(found.filter((row) => !isStuck(row)).length).toBeLessThanOrEqual(2);
  });

  it("lists for people and for programs, and removes the very span", async () => {
    const { stdout } = await label("list", "-e", "web-1");
    expect(stdout).toMatch(/^entity +from +to +label +made +note$/m);
    expect(stdout).toMatch(/^web-1 +2026-01-01T00:00:00Z +2026-02-01T00:00:00Z +normal +\S+ +a calm month$/m);
    const listed = JSON.parse((await label("list", "--json")).stdout) as LabelDocument[];
    expect(listed).toHaveLength(9);
    const span = ["-e", "web-1", "--from", timeOf(60), "--to", String(START + 68 * 60_000)];
    expect(await label("remove", ...span)).toMatchObject({
      code: 0,
      stdout: "web-1: label removed, from 2026-01-01T01:00:00Z to 2026-01-01T01:08:00Z\n",
    });
    expect(await label("remove", ...span)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("has no label from"),
    });
    expect((await label("list", "-e", "web-9")).stdout).toBe(
      "There are no labels yet; `tidewatch label add` makes one.\n",
    );
  });

  it("warns of a series that nobody has seen, and says what is wrong otherwise", async () => {
    const span = ["--from", "2026-01-01", "--to", "2026-01-02", "--as", "normal"];
    expect(await label("add", "-e", "wbe-1", ...span)).toMatchObject({
      code: 0,
      stderr: 'warning: no event of "wbe-1" has come to the detector "web" yet; is the name right?\n',
    });
    const backwards = await label("add", "-e", "a", "--from", "2026-01-02", "--to", "2026-01-01", "--as", "normal");
    expect(backwards).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("labels.0.toMs: must be later than fromMs"),
    });
    const unknown = await run("label", "add", "-d", "gone", "-e", "a", ...span);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no detector "gone"') });
    expect(await label("add", "-e", "a", ...span.slice(2))).toMatchObject({ code: 2 });
    const noTime = await label("add", "-e", "a", "--from", "soon", "--to", "2026-01-01", "--as", "normal");
    expect(noTime).toMatchObject({ code: 2, stderr: expect.stringContaining("It must be a time such as") });
  });

  it("imports nothing of a file with wrong lines, which are named", async () => {
    const before = (await label("list", "--json")).stdout;
    const head = "label,detector,entity,from,to,note";
    const lines = [
      "normal,web,a,2026-01-01,2026-01-02,fine",
      "odd,web,a,2026-01-01,2026-01-02,",
      "normal,web,a,soon,2026-01-02,",
      "normal,web,a,2026-01-02,2026-01-01,",
      "normal,web,,2026-01-01,2026-01-02,",
      "normal,web",
    ];
    const bad = await run("label", "import", fileOf("bad.csv", `${[head, ...lines].join("\n")}\n`));
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain("nothing was imported.\n");
    for (const text of [
      'line 3: "odd" is no label: it is anomalous (1) or normal (0)',
      'line 4: "soon" is no time',
      "line 5: it ends (2026-01-01) before it begins (2026-01-02)",
      "line 6: entity: entity must not be empty",
      "line 7: it has 2 cells where the header has 6",
    ]) {
      expect(bad.stderr).toContain(text);
    }
    expect((await label("list", "--json")).stdout).toBe(before);
    const many = Array.from({ length: 12 }, () => lines[1]);
    const tooMany = await run("label", "import", fileOf("many.csv", `${[head, ...many].join("\n")}\n`));
    expect(tooMany.stderr).toContain("line 11: ");
    expect(tooMany.stderr).toContain("and 2 more");
    const noColumn = await run("label", "import", fileOf("short.csv", "detector,entity,from,to\na,b,1,2\n"));
    expect(noColumn.stderr).toContain('has no column "label"; it needs detector,entity,from,to,label');
    const empty = await run("label", "import", fileOf("empty.csv", `${head}\n`));
    expect(empty.stderr).toContain("has a header and no labels");
  });

  it("imports more labels than one request takes; the shorter ones hold over the wider ones", async () => {
    const line = (from: number, to: number, kind: number) =>
      `web,db,${START + from * 60_000},${START + to * 60_000},${kind}`;
    const lines = [...Array.from({ length: 600 }, (_, at) => line(2 * at, 2 * at + 1, 1)), line(0, 2000, 0)];
    const file = fileOf("db.csv", `detector,entity,from,to,label\n${lines.join("\n")}\n`);
    expect(await run("label", "import", file)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^warning: .+\n$/),
    });
    const listed = JSON.parse((await label("list", "-e", "db", "--json")).stdout) as LabelDocument[];
    expect(listed).toHaveLength(601);
    const made = listed.map(({ createdAtMs }) => createdAtMs);
    expect(listed.find(({ label: kind }) => kind === "normal")!.createdAtMs).toBe(Math.min(...made));
  });
});
