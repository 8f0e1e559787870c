import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApi } from "@tidewatch/functions/api/create-api";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { listen } from "@tidewatch/local/http/listen";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tidewatch } from "../support/tidewatch.ts";

const START_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const ROWS = 240;
/** A day of hours, and a little that no model can know. */
const loadAt = (row: number) => 50 + 20 * Math.sin((2 * Math.PI * row) / 24) + Math.sin(row * row);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-forecast-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};
const line = (row: number) => `${new Date(START_MS + row * HOUR_MS).toISOString()},${loadAt(row)},${row}`;
const csv = (rows = ROWS) =>
  `timestamp,load,count\n${Array.from({ length: rows }, (_, row) => line(row)).join("\n")}\n`;
type Forecast = {
  features: string[];
  intervalMs: number;
  points: { timestamp: number; mean: number[]; upper: number[] }[];
};

describe("tidewatch forecast of a file", () => {
  it("forecasts each column by a model of its own", async () => {
    const input = await file("series.csv", csv());
    const { code, stdout, stderr } = await tidewatch([
      "forecast",
      "--input",
      input,
      "--steps",
      "24",
      "--period",
      "24",
      "--json",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [load, count] = JSON.parse(stdout) as [Forecast, Forecast];
    expect(load).toMatchObject({ features: ["load"], intervalMs: HOUR_MS, level: 0.95 });
    for (const [step, { timestamp, mean }] of load.points.entries()) {
      expect(timestamp).toBe(START_MS + (ROWS + step) * HOUR_MS);
      expect(Math.abs(mean[0]! - loadAt(ROWS + step))).toBeLessThan(4);
    }
    expect(count.points.at(-1)!.mean[0]).toBeCloseTo(ROWS + 23, 3);
  });

  it("takes a detector, and shows a table", async () => {
    const input = await file("series.csv", csv());
    const detector = (model: object) =>
      file("detector.json", JSON.stringify({ id: "x", features: [{ metric: "load" }, { metric: "count" }], model }));
    const args = ["forecast", "--input", input, "--steps", "2", "--level", "0.8", "--detector"];
    const { code, stdout } = await tidewatch([...args, await detector({ family: "hybrid" })]);
    expect(code).toBe(0);
    const [head, ...rows] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^timestamp +load +from \(80 %\) +to +count +from \(80 %\) +to$/);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/^2026-01-11T00:00:00\.000Z( +-?[\d.]+){6}$/);
    const refused = await tidewatch([...args, await detector({ family: "stream" })]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("has the family stream, which does not forecast; arima and hybrid do");
  });

  it("counts missing cells as gaps, names odd ones, and says when there are too few rows", async () => {
    const gappy = csv()
      .split("\n")
      .map((text, at) => (at % 100 === 50 ? text.replace(/,[^,]*,/, ",oops,") : text));
    const { code, stderr } = await tidewatch([
      "forecast",
      "--input",
      await file("gappy.csv", gappy.join("\n")),
      "-n",
      "1",
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('2 of 240 filled cells of "load" are no numbers');
    const few = await tidewatch(["forecast", "--input", await file("few.csv", csv(5)), "--steps", "1"]);
    expect(few).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("has 5 complete rows of load, and its model needs 21: 16, and 5 to look back"),
    });
    const lines = csv().trimEnd().split("\n");
    const newest = await file("newest.csv", [lines[0], ...lines.slice(1).reverse()].join("\n"));
    const reversed = await tidewatch(["forecast", "--input", newest, "--steps", "1"]);
    expect(reversed).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("go backwards in time 239 times, first in line 3"),
    });
    const none = await tidewatch(["forecast", "--steps", "1"]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("--detector and --entity of a server") });
    expect(await tidewatch(["forecast", "--steps", "1", "--level", "1"])).toMatchObject({ code: 2 });
  });

  it.each([
    ["a period that is too long", ["-i", "x.csv", "--period", "2017"], /--period.*from 0 \(no season\) to 2016/],
    [
      "a period beside a detector",
      ["-i", "x.csv", "-d", "d.json", "--period", "24"],
      /--period has no effect with --det/,
    ],
    ["an entity of a file", ["-i", "x.csv", "-e", "web"], /--entity has no effect with --input/],
    [
      "a period of a server's series",
      ["-d", "load", "-e", "web", "--period", "24"],
      /--period has no effect without --in/,
    ],
    [
      "bad rows of a server's series",
      ["-d", "load", "-e", "web", "--skip-bad"],
      /--skip-bad has no effect without --in/,
    ],
  ])("refuses %s", async (_, args, sentence) => {
    const { code, stderr } = await tidewatch(["forecast", "--steps", "1", ...args]);
    expect(stderr).toMatch(sentence);
    expect(code).toBe(2);
  });

  it("takes the longest period that the model takes", async () => {
    const input = await file("long.csv", csv(30));
    const { stderr } = await tidewatch(["forecast", "--steps", "1", "-i", input, "--period", "2016"]);
    expect(stderr).toContain("has 30 complete rows of load, and its model needs 4053: 16, and 4037 to look back");
  });
});

describe("tidewatch forecast of a server", () => {
  let url: string;
  let pipeline: Awaited<ReturnType<typeof startPipeline>>;
  let closeServer: () => Promise<void>;
  beforeAll(async () => {
    pipeline = await startPipeline({ directory: join(folder, "data") });
    const { stream, table, blobs, train, examine, datasets, orderBacktest, consumers } = pipeline;
    const stores = { stream, table, blobs, train, examine, datasets, orderBacktest, consumers };
    const runtime = onnxRuntime();
    const api = createApi({ version: "test", ...stores, runtime, clock: Date.now, log: () => {}, requireKeys: false });
    ({ url, close: closeServer } = await listen(api, 0, "127.0.0.1"));
  });
  afterAll(async () => {
    await closeServer?.();
    await pipeline?.close();
  });
  const run = (...args: string[]) => tidewatch([...args, "--url", url]);

  it("goes from events over a trained model to the next rows", async () => {
    const detector = { id: "load", features: [{ metric: "load" }], model: { family: "arima", minTrainingRows: 100 } };
    expect((await run("detectors", "apply", await file("load.json", JSON.stringify(detector)))).code).toBe(0);
    const early = await run("forecast", "--detector", "load", "--entity", "web-01", "--steps", "3");
    expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining("has no model yet; train it first") });
    const events = Array.from({ length: ROWS }, (_, row) =>
      JSON.stringify({
        type: "metric",
        entity: "web-01",
        timestamp: START_MS + row * HOUR_MS,
        values: { load: loadAt(row) },
      }),
    );
    expect((await run("put", await file("events.ndjson", events.join("\n")))).code).toBe(0);
    await pipeline.drained();
    expect(await run("detectors", "train", "load")).toMatchObject({ code: 0 });
    const args = ["forecast", "--detector", "load", "--entity", "web-01", "--steps", "3"];
    const { stdout } = await run(...args, "--json");
    const answer = JSON.parse(stdout) as Forecast;
    expect(answer).toMatchObject({
      detector: "load",
      entity: "web-01",
      modelVersion: expect.any(Number),
      intervalMs: HOUR_MS,
    });
    for (const [step, { mean, upper }] of answer.points.entries()) {
      expect(Math.abs(mean[0]! - loadAt(ROWS + step))).toBeLessThan(10);
      expect(upper[0]).toBeGreaterThan(mean[0]!);
    }
    expect((await run(...args)).stdout).toMatch(/^timestamp +load +from \(95 %\) +to\n2026-01-11T00:00:00\.000Z /);
    const unknown = await run("forecast", "--detector", "load", "--entity", "none", "--steps", "3");
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('seen nothing of "none"') });
  });
});
