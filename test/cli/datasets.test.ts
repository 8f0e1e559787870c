import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createApi } from "@tidewatch/functions/api/create-api";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { listen } from "@tidewatch/local/http/listen";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

const folder = temporaryFolder();
const START = Date.UTC(2026, 0, 1);
const MINUTES = 600;
let url: string;
let pipeline: Awaited<ReturnType<typeof startPipeline>>;
let closeServer: () => Promise<void>;
beforeAll(async () => {
  pipeline = await startPipeline({ directory: join(folder.path, "data") });
  const { stream, table, blobs, train, examine, datasets, orderBacktest, consumers } = pipeline;
  const stores = { stream, table, blobs, train, examine, datasets, orderBacktest, consumers, runtime: onnxRuntime() };
  const api = createApi({ version: "test", ...stores, clock: Date.now, log: () => {}, requireKeys: false });
  ({ url, close: closeServer } = await listen(api, 0, "127.0.0.1"));
  const exclude = [{ fromMs: START, toMs: START + 60 * 60_000, reason: "migration" }];
  const web = { id: "web", features: [{ metric: "cpu" }], intervalSeconds: 60, retraining: { exclude } };
  const logs = { id: "lines", match: { type: "log" } };
  for (const detector of [web, logs]) {
    const headers = { "content-type": "application/json" };
    await fetch(`${url}/v1/detectors`, { method: "POST", headers, body: JSON.stringify(detector) });
  }
  const rows = Array.from(
    { length: MINUTES },
    (_, row) => `${new Date(START + row * 60_000).toISOString()},${50 + 40 * Math.sin(row / 7)}`,
  );
  writeFileSync(join(folder.path, "web.csv"), `timestamp,cpu\n${rows.join("\n")}\n`);
});
afterAll(async () => {
  await closeServer?.();
  await pipeline?.close();
  folder.remove();
});
const datasets = (...args: string[]) => tidewatch(["datasets", ...args, "--url", url]);

it("freezes what a detector learns from, and shows what that is", async () => {
  expect(await datasets("list")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("datasets freeze DETECTOR"),
  });
  const early = await datasets("freeze", "web");
  expect(early).toMatchObject({ code: 1, stderr: expect.stringMatching(/web has no rows in the archive/) });
  expect(await tidewatch(["put", join(folder.path, "web.csv"), "--entity", "web-1", "--url", url])).toMatchObject({
    code: 0,
  });
  await pipeline.drained();

  const frozen = await datasets("freeze", "web");
  expect(frozen).toMatchObject({ code: 0, stderr: "" });
  const [, hash = ""] = /^dataset ([0-9a-f]{64})\n/.exec(frozen.stdout) ?? [];
  expect(frozen.stdout).toMatch(/53\d rows of 1 series of web/);
  expect(frozen.stdout).toContain("left out: 60 rows (policy: migration)");
  const again = JSON.parse((await datasets("freeze", "web", "--json")).stdout);
  expect(again).toMatchObject({ hash, series: 1, excluded: { "policy: migration": 60 } });

  const part = await datasets("freeze", "web", "--from", "2026-01-01 02:00", "--to", "2026-01-01 03:00", "--json");
  expect(JSON.parse(part.stdout)).toMatchObject({ rows: 60, excluded: {}, fromMs: START + 2 * 3_600_000 });
  expect(JSON.parse((await datasets("list", "--json")).stdout)).toHaveLength(2);
  expect((await datasets("list")).stdout).toMatch(new RegExp(`${hash.slice(0, 12)} +web +2025-12-04T`));
  const shown = await datasets("show", hash.slice(0, 10));
  expect(shown.stdout).toMatch(/\* +2026-01-01T00:00Z +2026-01-01T01:00Z +policy: migration/);
}, 60_000);

it("says what is wrong, and how to go on", async () => {
  const wrong = async (code: number, message: RegExp, ...args: string[]) =>
    expect(await datasets(...args)).toMatchObject({ code, stderr: expect.stringMatching(message) });
  await wrong(2, /--to must be later than --from/, "freeze", "web", "--from", "2026-01-02", "--to", "2026-01-01");
  await wrong(2, /It must be a time such as/, "freeze", "web", "--from", "soon");
  await wrong(1, /no detector "nobody"/, "freeze", "nobody");
  await wrong(1, /watches logs/, "freeze", "lines");
  await wrong(1, /No dataset's hash begins with "zz"/, "show", "zz");
  await wrong(1, /There is no dataset 0000/, "show", "0".repeat(64));
}, 60_000);
