import { join } from "node:path";
import { Detector } from "@tidewatch/core/detector";
import { promote } from "@tidewatch/core/register/models";
import { putDetector } from "@tidewatch/core/store/detectors";
import { createApi } from "@tidewatch/functions/api/create-api";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { listen } from "@tidewatch/local/http/listen";
import { type Pipeline, startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

const folder = temporaryFolder();
const data = join(folder.path, "data");
const T0 = Date.UTC(2026, 10, 1);
let url: string;
let pipeline: Pipeline;
let closeServer: () => Promise<void>;

const serve = async () => {
  pipeline = await startPipeline({ directory: data });
  const { stream, table, blobs, train, examine, datasets, orderBacktest, consumers } = pipeline;
  const ports = { stream, table, blobs, train, examine, datasets, orderBacktest, consumers, runtime: onnxRuntime() };
  const api = createApi({ version: "test", ...ports, clock: Date.now, log: () => {}, requireKeys: false });
  ({ url, close: closeServer } = await listen(api, 0, "127.0.0.1"));
};

/** Twenty hours a row a minute; at three of them the metric jumps for some rows. */
const feed = async () => {
  const data = Array.from({ length: 1200 }, (_, n) => {
    const cpu = [700, 701, 702, 900, 1100].includes(n) ? 95 : 40 + 6 * Math.sin(n / 9) + ((n * 31) % 7) / 7;
    const event = { type: "metric", entity: "web-1", timestamp: T0 + n * 60_000, values: { cpu } };
    return { partitionKey: "web-1", data: Buffer.from(JSON.stringify(event)) };
  });
  await pipeline.stream.putMany(data);
  await pipeline.drained();
};

beforeAll(async () => {
  await serve();
  const detector = Detector.parse({
    id: "web",
    features: [{ metric: "cpu" }],
    latenessSeconds: 0,
    model: { family: "isolation-forest", trees: 50, minTrainingRows: 5000 },
    reports: { mail: ["ops@example.com"] },
  });
  await putDetector(pipeline.table, detector, undefined);
  await feed();
  // The schedule trains none of it: these are the versions.
  const trainable = Detector.parse({ ...detector, sensitivity: 9, model: { ...detector.model, minTrainingRows: 100 } });
  await putDetector(pipeline.table, trainable, 1);
  await pipeline.train("web");
  await pipeline.train("web");
  await promote(pipeline, "web", 2, Date.now(), { by: "test", reason: "" });
}, 30_000);
afterAll(async () => {
  await closeServer?.();
  await pipeline?.close();
  folder.remove();
});

const args = ["backtest", "-d", "web", "-m", "web@1", "--from", "2026-11-01", "--to", "2026-11-02"];

describe("tidewatch backtest", () => {
  it("is a job of a server, and the same over its data folder", async () => {
    const served = await tidewatch([...args, "--json", "--url", url]);
    expect(served).toMatchObject({ code: 0 });
    const result = JSON.parse(served.stdout);
    expect(result).toMatchObject({ detector: "web", model: { name: "web", version: 1 }, rows: 1200, series: 1 });
    expect(result.other.incidents).toBeGreaterThanOrEqual(3);
    expect(result).toMatchObject({ vanished: 0, added: result.other.incidents });
    const local = await tidewatch([...args, "--json", "--directory", data]);
    expect(JSON.parse(local.stdout)).toEqual(result);
  });

  it("shows people what differs", async () => {
    const { code, stdout } = await tidewatch([...args, "--url", url]);
    expect(code).toBe(0);
    expect(stdout).toContain("web@1 over the history of web, 2026-11-01 00:00 to 2026-11-02 00:00 UTC");
    expect(stdout).toMatch(/\d+ new, 0 vanished, 0 common\.\n1,200 rows were not scored live\./);
    expect(stdout).toMatch(/^new +web-1 +2026-11-01 11:40 +2026-11-01 11:42 +3 /m);
  });

  it("says what is wrong, and how to call it", async () => {
    const unknown = await tidewatch([...args.with(4, "web@9"), "--url", url]);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("model web has no version 9") });
    const wrong = await tidewatch([...args.with(4, "web"), "--url", url]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("such as web@3") });
    const nobody = await tidewatch([...args.with(2, "nobody"), "--directory", data]);
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no detector "nobody"') });
    const served = await tidewatch([...args.with(2, "nobody"), "--url", url]);
    expect(served).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no detector "nobody"') });
  });
});

describe("tidewatch reports", () => {
  it("makes, lists and shows a report", async () => {
    const made = await tidewatch(["reports", "send", "web", "--url", url]);
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^web-asked-\d+ is made; it goes to ops@example.com/),
    });
    const id = made.stdout.split(" ")[0]!;
    const [listed, text, page] = await Promise.all([
      tidewatch(["reports", "list", "--url", url]),
      tidewatch(["reports", "show", id, "--url", url]),
      tidewatch(["reports", "show", id, "--html", "--url", url]),
    ]);
    expect(listed.stdout).toMatch(new RegExp(`^${id} +\\d.* web: no data came +pending +none$`, "m"));
    expect(text.stdout).toMatch(/^web: no data came\n=+\n/);
    expect(page.stdout).toMatch(/^<!doctype html>/);
  });
});

const jobAt = async (id: string) => (await (await fetch(`${url}/v1/jobs/${id}`)).json()) as { state: string };

describe("a job that a stop has cut", () => {
  it("goes on with the next start", async () => {
    const job = await pipeline.orderBacktest({
      ...{ detector: "web", model: { name: "web", version: 1 }, fromMs: T0, toMs: T0 + 86_400_000 },
    });
    await closeServer();
    await pipeline.close();
    await serve();
    await expect.poll(async () => (await jobAt(job.id)).state, { timeout: 10_000 }).toBe("done");
  });
});
