import { runReports } from "@tidewatch/core/report/run";
import { scoreBatch } from "@tidewatch/core/score/run";
import { putDetector } from "@tidewatch/core/store/detectors";
import { BacktestBody, JobDocument } from "@tidewatch/functions/api/schemas/jobs";
import { ReportDocument, ReportEntryDocument, ReportPage } from "@tidewatch/functions/api/schemas/reports";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { detector, metric, record, scorePorts, T0 } from "../support/scoring.ts";
import { bodyOf, json, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
const sent: string[] = [];
const run = () =>
  runReports({
    ...api.ports,
    mailer: { send: async ({ id }) => void sent.push(id) },
    webhook: { post: async () => {} },
  });
const reports = { mail: ["ops@example.com"], webhook: "https://hooks.example.com/services/secret" };
const of = detector({ model: { minTrainingRows: 100 }, reports });

beforeAll(async () => {
  api = startApi();
  const { table } = api.ports;
  await putDetector(table, of, undefined);
  await putDetector(table, detector({ id: "learns", model: { family: "stream" } }), undefined);
  const rows = Array.from({ length: 300 }, (_, n) =>
    record(n, metric("a", n * 60, { cpu: n === 200 ? 99 : 40 + (n % 7), memory: 50 + (n % 5) })),
  );
  await scoreBatch(scorePorts(table, [of], []), rows);
  await api.ports.train("host");
});
afterAll(() => api.stop());

const ask = (path: string, init: RequestInit = {}) => api.app.request(path, init);

describe("reports", () => {
  test("are made on request, listed, and shown as a document and as a page", async () => {
    const made = await ask("/v1/detectors/host/report", { method: "POST" });
    expect(made.status).toBe(202);
    const entry = await bodyOf(made, ReportEntryDocument);
    expect(entry).toMatchObject({
      id: `host-asked-${NOW_MS}`,
      mail: { state: "pending" },
      webhook: { to: ["https://hooks.example.com"] },
    });
    await run();
    expect(sent).toEqual([entry.id]);

    const { items, cursor } = await bodyOf(await ask("/v1/reports?detector=host"), ReportPage);
    expect(items).toMatchObject([{ id: entry.id, mail: { state: "sent", attempts: 1 } }]);
    expect(cursor).toBeNull();
    expect((await bodyOf(await ask("/v1/reports?detector=learns"), ReportPage)).items).toEqual([]);

    const report = await bodyOf(await ask(`/v1/reports/${entry.id}`), ReportDocument);
    expect(report).toMatchObject({ detector: "host", verdict: entry.verdict, data: { series: 1 } });
    const page = await ask(`/v1/reports/${entry.id}.html`);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'.*sandbox/);
    expect(await page.text()).toContain(`<title>${report.title}</title>`);
    const accepted = await ask(`/v1/reports/${entry.id}`, { headers: { accept: "text/html,*/*;q=0.8" } });
    expect(accepted.headers.get("content-type")).toMatch(/^text\/html/);
  });

  test("come page by page", async () => {
    api.clock.nowMs += 1000;
    await ask("/v1/detectors/host/report", { method: "POST" });
    const first = await bodyOf(await ask("/v1/reports?limit=1"), ReportPage);
    expect(first.items.map(({ id }) => id)).toEqual([`host-asked-${NOW_MS + 1000}`]);
    const second = await bodyOf(await ask(`/v1/reports?limit=1&cursor=${first.cursor}`), ReportPage);
    expect(second.items.map(({ id }) => id)).toEqual([`host-asked-${NOW_MS}`]);
    expect(second.cursor).toBeNull();
  });

  test("that are not there say so", async () => {
    for (const path of ["/v1/reports/none", "/v1/reports/none.html", "/v1/reports/..%2Fx"]) {
      expect(await problemOf(await ask(path))).toMatchObject({ status: 404, code: "NOT_FOUND" });
    }
    const nobody = await ask("/v1/detectors/nobody/report", { method: "POST" });
    expect(await problemOf(nobody)).toMatchObject({ status: 404 });
    expect(await problemOf(await ask("/v1/reports?cursor=x"))).toMatchObject({ status: 422 });
  });
});

describe("a backtest", () => {
  const order = (parts: object = {}, id = "host") =>
    ask(`/v1/detectors/${id}/backtest`, {
      method: "POST",
      ...json(BacktestBody.parse({ model: "host@1", fromMs: T0, toMs: T0 + 86_400_000, ...parts })),
    });

  test("is a job, whose result is there in the end", async () => {
    const answer = await order();
    expect(answer.status).toBe(202);
    const job = await bodyOf(answer, JobDocument);
    expect(answer.headers.get("location")).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({ state: "queued" });
    await api.doJobs();
    const done = await bodyOf(await ask(`/v1/jobs/${job.id}`), JobDocument);
    expect(done).toMatchObject({ state: "done", result: { rows: 300, live: { scored: 0 }, other: { scored: 300 } } });
  });

  test("of what is not there, or has no versions, is refused", async () => {
    expect(await problemOf(await order({ model: "host@9" }))).toMatchObject({ status: 404 });
    expect(await problemOf(await order({}, "nobody"))).toMatchObject({
      status: 404,
      detail: /^There is no detector "nobody"/,
    });
    expect(await problemOf(await order({ toMs: T0 }))).toMatchObject({ status: 422, detail: /range is empty/ });
    for (const model of ["host@1", "learns@1"])
      expect(await problemOf(await order({ model }, "learns"))).toMatchObject({
        status: 422,
        detail: /learns row by row/,
      });
    const bad = await ask("/v1/detectors/host/backtest", {
      method: "POST",
      ...json({ model: "host", fromMs: 0, toMs: 1 }),
    });
    expect(await problemOf(bad)).toMatchObject({ status: 422, errors: [{ path: "model" }] });
    expect(await problemOf(await ask("/v1/jobs/none"))).toMatchObject({ status: 404 });
  });
});
