import { putDetector } from "@tidewatch/core/store/detectors";
import { nextOf, runStep } from "@tidewatch/core/train/workflow/run-step";
import { listLocks } from "@tidewatch/core/train/workflow/runs";
import { Workflow, WorkflowPage } from "@tidewatch/functions/api/schemas/workflows";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { host, portsOver, trigger } from "../support/workflows.ts";
import { bodyOf, json, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
beforeAll(async () => {
  api = startApi();
  await putDetector(api.ports.table, host({ retraining: { promotion: "approve" } }), undefined);
  await putDetector(api.ports.table, { ...host(), id: "learns", model: { family: "stream" } }, undefined);
});
afterAll(() => api.stop());

const post = async (path: string, body: unknown = {}) => await api.app.request(path, { method: "POST", ...json(body) });
const start = async (detector: string, by?: string) => await post("/v1/workflows", { detector, trigger: by });
const page = async (query = "") => await bodyOf(await api.app.request(`/v1/workflows${query}`), WorkflowPage);

/** Runs steps as whoever goes by `nextOf` does. @returns what it said */
const drive = async (id: string): Promise<string[]> => {
  const now = { ms: api.clock.nowMs };
  const ports = portsOver({ now, table: api.ports.table, blobs: api.ports.blobs });
  const seen = new Set<string>();
  for (;;) {
    const run = await runStep(ports, "host", id);
    const next = nextOf(run, now.ms, ports.runner);
    seen.add(next.kind);
    if (next.kind === "done" || run.state === "approval") return [...seen];
    if (next.kind === "wait") now.ms = next.untilMs;
  }
};

describe("/v1/workflows", () => {
  test("starts one retraining, shows it, and lets a person have the last word", async () => {
    const begun = await start("host", "first");
    expect(begun.status).toBe(201);
    const first = await bodyOf(begun, Workflow);
    expect(begun.headers.get("location")).toBe(`/v1/workflows/host/${first.id}`);
    expect(first).toMatchObject({ trigger: { kind: "api", id: "first", by: "somebody without a key" } });
    const again = await start("host");
    expect([again.status, (await bodyOf(again, Workflow)).id]).toEqual([200, first.id]);
    expect((await page()).items.map(({ id }) => id)).toEqual([first.id]);
    // The first model has nothing to be compared with, hence nobody is asked.
    expect(await drive(first.id)).toEqual(["step", "done"]);
    expect((await page()).items).toEqual([]);
    const second = await bodyOf(await start("host", "second"), Workflow);
    expect(await drive(second.id)).toEqual(["step", "wait"]);
    const path = `/v1/workflows/host/${second.id}`;
    expect(await bodyOf(await api.app.request(path), Workflow)).toMatchObject({ state: "approval", version: 2 });
    expect(await bodyOf(await post(`${path}/approve`), Workflow)).toMatchObject({ state: "running" });
    expect(await drive(second.id)).toEqual(["step", "done"]);
    expect(await bodyOf(await api.app.request(path), Workflow)).toMatchObject({ outcome: { kind: "promoted" } });
  });

  test("turns one down, and cancels one", async () => {
    const third = await bodyOf(await start("host", "third"), Workflow);
    const path = `/v1/workflows/host/${third.id}`;
    expect(await problemOf(await post(`${path}/reject`))).toMatchObject({
      status: 409,
      detail: /at the step snapshot/,
    });
    await drive(third.id);
    expect(await bodyOf(await post(`${path}/reject`, { reason: "no" }), Workflow)).toMatchObject({
      outcome: { kind: "rejected", reason: "somebody without a key turned it down: no" },
    });
    const fourth = await bodyOf(await start("host", "fourth"), Workflow);
    const cancelled = await bodyOf(await post(`/v1/workflows/host/${fourth.id}/cancel`), Workflow);
    expect(cancelled.state).toBe("cancelled");
    expect(await listLocks(api.ports.table)).toEqual([]);
  });

  test("lists a detector's page by page", async () => {
    const all = (await page("?detector=host")).items.map(({ id }) => id);
    expect(all).toHaveLength(4);
    const first = await page("?detector=host&limit=3");
    const rest = await page(`?detector=host&limit=3&cursor=${encodeURIComponent(first.cursor!)}`);
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(all);
    expect(rest.cursor).toBeNull();
    expect((await api.app.request("/v1/workflows?detector=host&cursor=x")).status).toBe(422);
  });

  test("says what is not there, and what is not retrained", async () => {
    expect((await start("nobody")).status).toBe(404);
    expect(await problemOf(await start("learns"))).toMatchObject({ status: 409, detail: /learns row by row/ });
    expect((await api.app.request("/v1/workflows/host/none")).status).toBe(404);
    expect((await post(`/v1/workflows/host/none/approve`)).status).toBe(404);
    expect((await post("/v1/workflows", { detector: 1, trigger: trigger().id })).status).toBe(422);
  });
});
