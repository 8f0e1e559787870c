import { gunzipSync } from "node:zlib";
import { modelFileKey, promote, reserveVersion } from "@tidewatch/core/register/models";
import { endedSessionsKey } from "@tidewatch/core/store/keys";
import { ALWAYS, putLabels } from "@tidewatch/core/store/labels";
import { SessionDocument, SessionPage } from "@tidewatch/functions/api/schemas/logs";
import { Status } from "@tidewatch/functions/api/schemas/status";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { z } from "zod";
import { faultyJob } from "../support/log-archive.ts";
import { L0, LINES, type LineSpec, normalJob } from "../support/log-stage.ts";
import { bodyOf, json, NOW_MS, problemOf } from "./api-harness.ts";
import { JOBS, type LogApi, lines, startLogApi } from "./log-harness.ts";

const DAY_S = 86_400;
const MINUTE_MS = 60_000;
const later: LineSpec[] = [["start", 9999, DAY_S]];

let api: LogApi;
beforeEach(async () => {
  api = await startLogApi();
});
afterEach(() => api.stop());

const get = (path: string) => api.app.request(path);

describe("anomalous sessions", () => {
  test("are listed newest first, page by page, of one detector or of all", async () => {
    await api.train();
    await api.send(lines([...faultyJob(1, 0), ...normalJob(2, 10), ...faultyJob(3, 20)]));
    await api.send(lines(later));
    const page = await bodyOf(await get("/v1/sessions?limit=1"), SessionPage);
    expect(page.items).toMatchObject([
      {
        detector: "jobs",
        key: "job_3",
        startMs: L0 + 20_000,
        lines: 3,
        state: "idle",
        isAnomalous: true,
        isFinal: true,
      },
    ]);
    expect(page.items[0]?.extra).toMatchObject([{ count: 1, template: expect.stringContaining("cannot write block") }]);
    const next = await bodyOf(await get(`/v1/sessions?limit=1&cursor=${page.cursor}`), SessionPage);
    expect([next.items.map(({ key }) => key), next.cursor]).toEqual([["job_1"], null]);
    const between = await bodyOf(await get(`/v1/sessions?detector=jobs&from=${L0}&to=${L0 + 1}`), SessionPage);
    expect(between.items.map(({ key }) => key)).toEqual(["job_1"]);
  });

  test("of several detectors come in one order", async () => {
    await api.train();
    await api.createDetector("again");
    await api.train("again");
    await api.send(lines([...faultyJob(1, 0), ...faultyJob(2, 20)]));
    await api.send(lines(later));
    const found: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const answer = await get(`/v1/sessions?limit=1${cursor && `&cursor=${cursor}`}`);
      const page: z.output<typeof SessionPage> = await bodyOf(answer, SessionPage);
      found.push(...page.items.map(({ detector, key }) => `${key} ${detector}`));
      cursor = page.cursor;
    }
    expect(found).toEqual(["job_2 jobs", "job_2 again", "job_1 jobs", "job_1 again"]);
  });

  test("times that no line can have are refused, and not answered with a failure", async () => {
    const refused = { code: "VALIDATION", errors: [{ path: "query.from", message: expect.stringContaining("2100") }] };
    expect(await problemOf(await get("/v1/sessions?from=8700000000000000"))).toMatchObject(refused);
    expect(await problemOf(await get(`/v1/sessions?from=${Date.UTC(2100, 0, 1) + 1}`))).toMatchObject(refused);
    const ends = `from=0&to=${Date.UTC(2100, 0, 1)}`;
    expect(await bodyOf(await get(`/v1/sessions?${ends}`), SessionPage)).toEqual({ items: [], cursor: null });
  });

  test("there are none without logs, and a cursor of another list is refused", async () => {
    expect(await bodyOf(await get("/v1/sessions"), SessionPage)).toEqual({ items: [], cursor: null });
    expect(await problemOf(await get("/v1/sessions?cursor=abc"))).toMatchObject({ code: "VALIDATION" });
    expect(await problemOf(await get("/v1/sessions?detector=nobody"))).toMatchObject({ code: "NOT_FOUND" });
    await api.app.request("/v1/detectors", { method: "POST", ...json({ id: "host", features: [{ metric: "cpu" }] }) });
    expect(await problemOf(await get("/v1/sessions?detector=host"))).toMatchObject({ code: "CONFLICT" });
  });
});

describe("a session", () => {
  test("is explained with its raw lines as they stand in the archive", async () => {
    await api.train();
    await api.send(lines([...normalJob(1, 0), ...faultyJob(2, 60)]));
    await api.send(lines(later));
    const session = await bodyOf(await get("/v1/sessions/job_2"), SessionDocument);
    expect(session).toMatchObject({
      detector: "jobs",
      key: "job_2",
      state: "idle",
      lines: 3,
      label: null,
      earlier: [],
      longestSilenceSeconds: 1,
      templates: [LINES.start(2), LINES.read(2), LINES.fault(2)].map((line) => ({
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        text: expect.stringContaining(line.split(" ").slice(0, 3).join(" ")),
        count: 1,
      })),
    });
    expect(session.verdict).toMatchObject({ isAnomalous: true, decidedBy: "signatures", probability: null });
    expect(session.verdict?.nearest).toMatchObject({ sessions: 60, share: 1 });
    const [extra] = session.verdict!.extra;
    expect(extra?.firstLine).toMatchObject({ text: LINES.fault(2), timestamp: L0 + 62_000, reason: null });
    expect(session.verdict?.firstOffending).toEqual(extra?.firstLine);
    const { object, line } = extra!.firstLine!;
    const file = gunzipSync((await api.ports.blobs.get(object!))!)
      .toString()
      .split("\n");
    expect(JSON.parse(file[line! - 1]!).message).toBe(LINES.fault(2));
    expect(session.verdict?.missing.map(({ count }) => count)).toEqual(expect.arrayContaining([2, 1]));
  });

  test("says so while its lines are not archived yet, and is judged as it is while it is open", async () => {
    await api.train();
    await api.send(lines(faultyJob(2, 60)), { archive: false });
    const session = await bodyOf(await get("/v1/sessions/job_2?detector=jobs"), SessionDocument);
    expect(session).toMatchObject({ state: "open", verdict: { isAnomalous: true, isFinal: true } });
    expect(session.verdict?.firstOffending).toEqual({
      ...{ object: null, line: null, text: null, timestamp: null },
      reason: "not archived yet",
    });
    await api.send(lines([["start", 5, 70]]));
    const open = await bodyOf(await get("/v1/sessions/job_5"), SessionDocument);
    expect(open).toMatchObject({ state: "open", verdict: { isFinal: false, isAnomalous: true } });
  });

  test("has no verdict until there is a model, then gets one", async () => {
    await api.send(lines([...faultyJob(2, 60)]));
    await api.send(lines(later));
    expect((await bodyOf(await get("/v1/sessions/job_2"), SessionDocument)).verdict).toBeNull();
    await api.train();
    api.clock.nowMs += 60_000;
    expect((await bodyOf(await get("/v1/sessions/job_2"), SessionDocument)).verdict).toMatchObject({
      isAnomalous: true,
    });
  });

  test("is not judged by a model of what the detector was before", async () => {
    await api.train();
    await api.send(lines(normalJob(5, 0)));
    expect((await bodyOf(await get("/v1/sessions/job_5"), SessionDocument)).verdict).toMatchObject({ modelVersion: 1 });
    const changed = { id: "jobs", ...JOBS, format: "plain" };
    expect((await api.app.request("/v1/detectors/jobs", { method: "PUT", ...json(changed) })).status).toBe(200);
    expect((await bodyOf(await get("/v1/sessions/job_5"), SessionDocument)).verdict).toBeNull();
  });

  test("of a key that came back: the newest, and each earlier one by its start", async () => {
    await api.train();
    await api.send(lines([...faultyJob(1, 0), ...normalJob(1, DAY_S), ["start", 2, 2 * DAY_S]]));
    const newest = await bodyOf(await get("/v1/sessions/job_1"), SessionDocument);
    expect(newest).toMatchObject({ verdict: { isAnomalous: false }, earlier: [{ startMs: L0, isAnomalous: true }] });
    const first = await bodyOf(await get(`/v1/sessions/job_1?start=${L0}`), SessionDocument);
    expect(first).toMatchObject({
      startMs: L0,
      verdict: { isAnomalous: true },
      earlier: [{ startMs: L0 + DAY_S * 1000 }],
    });
    expect(await problemOf(await get("/v1/sessions/job_1?start=5"))).toMatchObject({
      detail: 'Detector "jobs" has no session "job_1" that began at 5.',
    });
  });

  test("shows the label that somebody gave its key", async () => {
    await api.send(lines([...faultyJob(2, 60)]));
    await api.send(lines(later));
    const label = { detector: "jobs", entity: "job_2", fromMs: L0, toMs: L0 + 90_000, label: "anomalous" } as const;
    await putLabels(api.ports, [label]);
    expect((await bodyOf(await get("/v1/sessions/job_2"), SessionDocument)).label).toEqual({
      ...{ label: "anomalous", note: null, createdAtMs: NOW_MS },
    });
  });

  test.each(["ns/pod", "/dev/sda1", "a?b", "a#b", "100%25", "100%", "a&b=c+d", "..", "é\u{1f600}", "a%2Fb"])(
    "with a key like %s is found by path and by query",
    async (name) => {
      await api.send([{ type: "log", entity: "a", timestamp: NOW_MS, message: `opened job_${name} now` }]);
      const byPath = await get(`/v1/sessions/${encodeURIComponent(`job_${name}`)}`);
      expect(await bodyOf(byPath, SessionDocument)).toMatchObject({ key: `job_${name}`, lines: 1 });
      const byQuery = await get(`/v1/session?${new URLSearchParams({ key: `job_${name}`, detector: "jobs" })}`);
      expect(await bodyOf(byQuery, SessionDocument)).toMatchObject({ key: `job_${name}` });
    },
  );

  test("that does not exist, or whose detector is in doubt, is a problem that says so", async () => {
    expect(await problemOf(await get("/v1/sessions/job_1"))).toMatchObject({ code: "NOT_FOUND" });
    await api.createDetector("more");
    expect(await problemOf(await get("/v1/sessions/job_1"))).toMatchObject({
      code: "VALIDATION",
      errors: [{ path: "query.detector", message: "must name one of jobs, more" }],
    });
    expect(await problemOf(await get("/v1/session"))).toMatchObject({ code: "VALIDATION" });
  });
});

describe("the status of a log", () => {
  const status = async () => (await bodyOf(await get("/v1/status"), Status)).logDetectors;

  test("says what its first model waits for: ended sessions that nobody called anomalous", async () => {
    const session = { ...JOBS.session, minTrainingSessions: 20 };
    const detector = { id: "jobs", ...JOBS, session };
    await api.app.request("/v1/detectors/jobs", { ...json(detector), method: "PUT" });
    expect(await status()).toMatchObject([
      { model: null, warmUp: { cause: "no model yet: 0 of 20 sessions have ended", sessionsNeeded: 20 } },
    ]);
    await api.send(lines(Array.from({ length: 20 }, (_, job) => normalJob(job + 1, job * 10)).flat()));
    await api.send(lines(later));
    const label = { detector: "jobs", entity: "job_1", ...ALWAYS, label: "anomalous" } as const;
    await putLabels(api.ports, [label]);
    api.clock.nowMs += MINUTE_MS;
    const [waiting] = await status();
    expect(waiting?.warmUp).toEqual({ cause: "no model yet: 19 of 20 sessions have ended", sessionsNeeded: 1 });
    await putLabels(api.ports, [{ ...label, label: "normal" }]);
    api.clock.nowMs += MINUTE_MS;
    expect((await status())[0]?.warmUp).toEqual({ cause: "no model yet: training is due", sessionsNeeded: 0 });
    // What ended under another definition is not waited for.
    await api.app.request("/v1/detectors/jobs", { ...json({ ...detector, format: "plain" }), method: "PUT" });
    api.clock.nowMs += MINUTE_MS;
    expect((await status())[0]?.warmUp).toMatchObject({ sessionsNeeded: 20 });
  });

  test("names the model in use; a damaged one is none, and costs nobody the rest", async () => {
    await api.train();
    expect(await status()).toMatchObject([{ model: { version: 1, trainingSessions: 60 }, warmUp: null }]);
    const damaged = await reserveVersion(api.ports, "jobs");
    await api.ports.blobs.put(modelFileKey("jobs", damaged, "manifest.json"), new TextEncoder().encode("{"));
    await promote(api.ports, "jobs", damaged, NOW_MS, { by: "test", reason: "test" });
    api.clock.nowMs += MINUTE_MS;
    expect(await status()).toMatchObject([{ model: null, warmUp: { sessionsNeeded: 1000 } }]);
  });

  test("sessions that cannot be read are counted", async () => {
    const item = { ...endedSessionsKey("jobs", NOW_MS, "0"), version: 1, bytes: Uint8Array.of(1, 2, 3), doc: "{" };
    await api.ports.table.putMany([{ item, condition: { kind: "any" } }]);
    expect((await status())[0]?.warmUp?.cause).toBe(
      "no model yet: 0 of 1000 sessions have ended, and 1 items of ended ones cannot be read",
    );
  });
});
