import { randomOf } from "@tidewatch/core/model/random";
import { createApi } from "@tidewatch/functions/api/create-api";
import type { Workflow } from "@tidewatch/functions/api/schemas/workflows";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { listen } from "@tidewatch/local/http/listen";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

const ROWS = 1000;
let folder: ReturnType<typeof temporaryFolder>;
let pipeline: Awaited<ReturnType<typeof startPipeline>>;
let server: Awaited<ReturnType<typeof listen>>;

beforeAll(async () => {
  folder = temporaryFolder();
  pipeline = await startPipeline({ directory: folder.path, shards: 1 });
  const { stream, table, blobs, train, examine, datasets, orderBacktest, consumers } = pipeline;
  const ports = { stream, table, blobs, train, examine, datasets, orderBacktest, consumers, clock: Date.now };
  server = await listen(
    createApi({ version: "test", ...ports, runtime: onnxRuntime(), log: () => {}, requireKeys: false }),
    0,
    "127.0.0.1",
  );
  const model = { family: "isolation-forest", trees: 5, sampleSize: 32, minTrainingRows: 300 };
  const retraining = { promotion: "approve", shadowHours: 0, watchHours: 0 };
  await put("host", { features: [{ metric: "cpu" }], model, retraining });
  await put("learns", { features: [{ metric: "cpu" }] });
  const random = randomOf(1);
  const firstMs = Date.now() - ROWS * 60_000;
  const events = Array.from({ length: ROWS }, (_, row) => ({
    ...{
      type: "metric",
      entity: "web-01",
      timestamp: firstMs + row * 60_000,
      values: { cpu: 50 + 10 * random.unit() },
    },
  }));
  const data = events.map((event) => new TextEncoder().encode(JSON.stringify(event)));
  await stream.putMany(data.map((bytes) => ({ partitionKey: "web-01", data: bytes })));
  await pipeline.drained();
  await train("host");
});
afterAll(async () => {
  await server?.close();
  await pipeline?.close();
  folder.remove();
});

const put = async (id: string, document: object) => {
  const headers = { "content-type": "application/json" };
  await fetch(`${server.url}/v1/detectors/${id}`, {
    method: "PUT",
    headers,
    body: JSON.stringify({ id, ...document }),
  });
};
const run = (...args: string[]) => tidewatch([...args, "--url", server.url]);

test("retrain waits until a person is asked, who then has the last word", async () => {
  const asked = await run("retrain", "host", "--wait");
  expect(asked.stdout).toMatch(/^host \S+: (approval|rejected), begun/);
  expect(asked.code).toBe(0);
  expect(asked.stderr).toMatch(/^fit|^snapshot/m);
  const shown = JSON.parse((await run("workflows", "show", "host", "--json")).stdout) as Workflow;
  expect(shown).toMatchObject({ detector: "host", version: 2, decision: { rows: expect.any(Number) } });
  expect([shown.state, shown.outcome]).toEqual(["approval", undefined]);
  expect(asked.stdout).toContain(`\`tidewatch workflows approve host ${shown.id}\``);
  const [list, turned] = [await run("workflows", "list"), await run("workflows", "reject", "host", "-r", "not today")];
  expect(list.stdout).toMatch(
    /^host +\S+ +\S+ +api +approval +waits for `tidewatch workflows approve host`, or reject: version 2 /m,
  );
  expect(turned.stdout).toMatch(/outcome: rejected: somebody without a key turned it down: not today/);
  expect(turned.stdout).toMatch(/^trigger: asked for \(somebody without a key\)$/m);
  expect(turned.stdout).toMatch(/^promote +not done *\nwatch +not done/m);
  expect((await run("workflows", "list")).stdout).toMatch(/^No retraining is under way/);
}, 60_000);

test("what cannot be retrained, or is not there, is said with the next step", async () => {
  const [online, none, never, gone, nobody, limit] = await Promise.all([
    run("retrain", "learns"),
    run("workflows", "show", "learns"),
    run("workflows", "list", "learns"),
    run("workflows", "show", "other"),
    run("workflows", "list", "other"),
    run("workflows", "list", "--limit", "0"),
  ]);
  expect([online.code, online.stderr]).toEqual([1, expect.stringMatching(/learns row by row/)]);
  expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/`tidewatch retrain learns` does it/)]);
  expect([never.code, never.stdout]).toEqual([0, expect.stringMatching(/was never retrained/)]);
  for (const { code, stderr } of [gone, nobody])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/There is no detector "other"/)]);
  expect(limit.code).toBe(2);
});
