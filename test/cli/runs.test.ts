import { logMetrics } from "@tidewatch/core/runs/metrics";
import { createRun, endRun } from "@tidewatch/core/runs/runs";
import { type Listening, listen } from "@tidewatch/local/http/listen";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApi, type TestApi } from "../integration/api-harness.ts";
import { tidewatch } from "../support/tidewatch.ts";

let api: TestApi;
let server: Listening;
let id: string;
beforeAll(async () => {
  api = startApi();
  server = await listen(api.app, 0, "127.0.0.1");
  const inputs = [{ name: "web", digest: "a".repeat(64), sourceType: "tidewatch", source: "{}", tags: {} }];
  const startMs = Date.UTC(2026, 10, 21);
  const made = { experiment: "web", name: "var", startMs, params: { ridge: "0.1" }, tags: { host: "h1" }, inputs };
  id = await createRun(api.ports, made);
  const points = ["a", "b", "c", "falseAlarmShare", "foundShare"].map((key) => ({ key, value: 1 / 3, timestampMs: 1 }));
  await logMetrics(api.ports, id, points);
  await endRun(api.ports, id, { status: "FINISHED", endMs: startMs + 2500 });
});
afterAll(async () => {
  await server.close();
  await api.stop();
});

const runs = (...args: string[]) => tidewatch(["runs", ...args, "--url", server.url]);

describe("runs on the command line", () => {
  test("are listed, shown, and printed as JSON", async () => {
    const [listed, shown, json, experiments] = await Promise.all([
      runs("list", "web"),
      runs("show", id),
      runs("list", "web", "--filter", "params.ridge = '0.1'", "--json"),
      runs("experiments"),
    ]);
    expect(listed.stdout).toContain(
      `${id}  var   finished  2026-11-21 00:00:00     2.5  foundShare 0.33333, falseAlarmShare 0.33333, a 0.33333, b 0`,
    );
    expect(listed.stdout).toContain("and 1 more");
    expect(shown.stdout).toMatch(
      /^var \(.+\): finished\nbegan 2026-11-21 00:00:00, ended .+ \(2.5 s\)\n\nparam +value\nridge +0.1/,
    );
    expect(shown.stdout).toContain(`web      ${"a".repeat(64)}`);
    expect(JSON.parse(json.stdout)).toMatchObject([{ id, params: { ridge: "0.1" } }]);
    expect(experiments.stdout).toMatch(/^experiment .+\nDefault .+\nweb /);
    expect([listed, shown, json, experiments].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  });

  test("say what is wrong", async () => {
    const [none, unknown, filter] = await Promise.all([
      runs("list", "web", "--filter", "params.ridge = 'x'"),
      runs("show", "none"),
      runs("list", "web", "--filter", "ridge"),
    ]);
    expect(none).toMatchObject({ code: 0, stdout: "No run is like that.\n" });
    expect(unknown).toMatchObject({ code: 1, stderr: "tidewatch: Run with id=none not found\n" });
    expect(filter.stderr).toMatch(/Invalid filter: there is no attribute 'ridge'/);
  });
});
