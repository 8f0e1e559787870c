import { beforeEach, describe, expect, it } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { sampleDrift } from "../../../../test/support/sample-report.ts";
import { detector, distanceScorer, metric, record, scorePorts, T0 } from "../../../../test/support/scoring.ts";
import type { Detector } from "../detector.ts";
import { checkPut } from "../drift/checks.ts";
import { saveState } from "../drift/state.ts";
import { promote } from "../register/models.ts";
import { scoreBatch } from "../score/run.ts";
import { putDetector } from "../store/detectors.ts";
import { reportKey, seriesPk, timeKey } from "../store/keys.ts";
import { readChunkHeader } from "../store/points.ts";
import type { Mail } from "../store/ports.ts";
import { readHead } from "../store/read-series.ts";
import { askedReport, driftReport, periodReport } from "./periods.ts";
import { DAY_MS } from "./report.ts";
import { rowsBetween } from "./row-counts.ts";
import { askReport, type ReportPorts, runReports } from "./run.ts";
import { listReports, readEntry, readReport, readReportPage } from "./store.ts";

/** Saturday, 2026-11-21, 02:00. */
const NOW_MS = Date.UTC(2026, 10, 21, 2);

const world = () => {
  const clock = { nowMs: NOW_MS };
  const mails: Mail[] = [];
  const posts: { url: string; body: unknown }[] = [];
  const trouble = { mail: "", webhook: "" };
  const ports = {
    ...{ table: memoryTable(), blobs: memoryBlobs(), clock: () => clock.nowMs },
    mailer: {
      async send(mail: Mail) {
        if (trouble.mail) throw new Error(trouble.mail);
        mails.push(mail);
      },
    },
    webhook: {
      async post(url: string, body: unknown) {
        if (trouble.webhook) throw trouble.webhook;
        posts.push({ url, body });
      },
    },
  } satisfies ReportPorts;
  return { ports, clock, mails, posts, trouble };
};

let of: Detector;
let here: ReturnType<typeof world>;
/** Rows a minute apart from ten to ten; a spike at noon. */
beforeEach(async () => {
  here = world();
  of = detector({
    reports: { every: "day", mail: ["ops@example.com"], webhook: "https://hooks.example.com/1" },
    features: [{ metric: "cpu" }, { metric: "memory" }],
  });
  await putDetector(here.ports.table, of, undefined);
  const scorer = await distanceScorer(of);
  for (const entity of ["a", "b"]) {
    const records = Array.from({ length: 720 }, (_, n) => {
      const isSpike = n === 120 || (entity === "a" && n === 400);
      return record(n, metric(entity, n * 60, { cpu: isSpike ? 99 : 50, memory: 50 }));
    });
    await scoreBatch(scorePorts(here.ports.table, [of], [scorer]), records);
  }
});

/** Today's rows are its first. */
const began = async (at: ReturnType<typeof world>) => {
  await putDetector(at.ports.table, of, undefined);
  const scorer = await distanceScorer(of);
  const rows = [0, 60].map((second) =>
    record(second, metric("a", (NOW_MS - T0) / 1000 + second, { cpu: 50, memory: 50 })),
  );
  const late = rows.map((one) => ({ ...one, arrivalMs: NOW_MS + 120_000 }));
  await scoreBatch(scorePorts(at.ports.table, [of], [scorer]), late);
};

const DAY_ID = "host-day-2026-11-20";
const state = (openSinceMs: number | null, untilMs = NOW_MS) => ({
  doc: {
    ...{ format: 1 as const, referenceKey: "r", referenceFromMs: 0, referenceToMs: 1, modelVersion: 3, columns: 1 },
    ...{ isProvisional: false, notBeforeMs: 0, hoursFromMs: 0, untilMs, since: {}, clearChecks: 0 },
    ...{ openSinceMs, openedAtMs: openSinceMs, announcedSinceMs: openSinceMs },
  },
  hours: [[]],
});
const reports = async () => (await listReports(here.ports.table, { limit: 50 })).reports.map(({ entry }) => entry);

it("says nothing of a day before its detector's first row, until rows of that day come", async () => {
  const at = world();
  await began(at);
  expect((await runReports(at.ports)).made).toEqual([]);
  const scorer = await distanceScorer(of);
  const history = record(0, metric("b", 0, { cpu: 50, memory: 50 }));
  await scoreBatch(scorePorts(at.ports.table, [of], [scorer]), [history]);
  expect((await runReports(at.ports)).made).toEqual([DAY_ID]);
});

describe("runReports", () => {
  it("makes the report of the day that is over, once, and sends it", async () => {
    const { ports, mails, posts, clock } = here;
    const run = await runReports(ports);
    expect(run).toEqual({
      made: [DAY_ID],
      sent: [
        { report: DAY_ID, channel: "mail" },
        { report: DAY_ID, channel: "webhook" },
      ],
      failed: [],
    });
    expect(mails).toMatchObject([
      { id: DAY_ID, to: ["ops@example.com"], subject: "Worth a look: host: more incidents than before" },
    ]);
    expect(posts).toMatchObject([{ url: "https://hooks.example.com/1", body: { report: { id: DAY_ID } } }]);
    clock.nowMs += 3_600_000;
    expect(await runReports(ports)).toEqual({ made: [], sent: [], failed: [] });
    const [entry, ...others] = await reports();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ mail: { state: "sent", attempts: 1, sentAtMs: NOW_MS }, webhook: { state: "sent" } });
  });

  it("says what happened in the day", async () => {
    await runReports(here.ports);
    const report = await readReport(here.ports, DAY_ID);
    expect(report).toMatchObject({
      ...{ kind: "day", detector: "host", fromMs: NOW_MS - 26 * 3_600_000, tone: "watch" },
      alerts: {
        ...{ incidents: 3, anomalies: 3, suppressed: 0, incidentsBefore: 0, isCapped: false },
        byDay: [{ day: "2026-11-20", incidents: 3, anomalies: 3 }],
        byEntity: [
          { entity: "a", incidents: 2 },
          { entity: "b", incidents: 1 },
        ],
      },
      data: { series: 2, counted: 2, byDay: [{ day: "2026-11-20", rows: 1440 }], lastRowMs: T0 + 719 * 60_000 },
      model: { version: null, moves: [] },
      drift: null,
    });
    expect(report.verdict).toBe(
      "No drift check has been made in this time. 3 incidents were reported, 2 of them on a; the day before there were 0. " +
        "There is no model yet: rows warm up.",
    );
    const page = new TextDecoder().decode(await readReportPage(here.ports, DAY_ID));
    expect(page).toContain("host: more incidents than before");
  });

  it("tries again what could not be sent, and only that", async () => {
    const { ports, trouble, mails, posts } = here;
    trouble.webhook = "no such host";
    const first = await runReports(ports);
    expect(first.failed).toEqual([{ report: DAY_ID, what: "webhook", error: "no such host" }]);
    expect((await reports())[0]).toMatchObject({ webhook: { state: "failed", attempts: 1, error: "no such host" } });
    trouble.webhook = "";
    expect((await runReports(ports)).sent).toEqual([{ report: DAY_ID, channel: "webhook" }]);
    expect([mails.length, posts.length]).toEqual([1, 1]);
  });

  it("gives up in the end", async () => {
    const { ports, trouble } = here;
    trouble.mail = "full";
    for (let attempt = 0; attempt < 30; attempt++) await runReports(ports);
    expect((await reports())[0]).toMatchObject({ mail: { state: "failed", attempts: 24 } });
    expect((await runReports(ports)).failed).toEqual([]);
  });

  it("sends again under the same id when a crash came behind the sending", async () => {
    const { ports, mails } = here;
    let puts = 0;
    const table = {
      ...ports.table,
      async putMany(all: Parameters<typeof ports.table.putMany>[0]) {
        if (++puts > 1) throw new Error("crash");
        return ports.table.putMany(all);
      },
    };
    await expect(runReports({ ...ports, table })).rejects.toThrow("crash");
    await runReports(ports);
    expect(mails.map(({ id }) => id)).toEqual([DAY_ID, DAY_ID]);
    expect(await reports()).toHaveLength(1);
  });

  it("makes a report whose files a crash has left behind", async () => {
    const { ports } = here;
    const table = { ...ports.table, putMany: async () => Promise.reject(new Error("crash")) };
    const crashed = await runReports({ ...ports, table });
    expect(crashed).toMatchObject({ made: [], failed: [{ report: DAY_ID, what: "make", error: "crash" }] });
    expect((await runReports(ports)).made).toEqual([DAY_ID]);
  });

  it("tells of drift once for each run of it, with what was found", async () => {
    const { ports, mails, clock } = here;
    const check = { ...sampleDrift(), detector: "host", atMs: NOW_MS - 3_600_000 };
    await ports.table.putMany([checkPut(check, NOW_MS)]);
    await saveState(ports.table, "host", state(NOW_MS - 5 * 3_600_000), 0);
    expect((await runReports(ports)).made).toEqual([DAY_ID, `host-drift-${NOW_MS - 5 * 3_600_000}`]);
    expect(mails.at(-1)).toMatchObject({ subject: "Attention: host: the data have drifted" });
    clock.nowMs += 60_000;
    expect((await runReports(ports)).made).toEqual([]);
    await saveState(ports.table, "host", state(NOW_MS - 4 * 3_600_000), 1);
    expect((await runReports(ports)).made).toEqual([`host-drift-${NOW_MS - 4 * 3_600_000}`]);
    expect((await readReport(ports, `host-drift-${NOW_MS - 4 * 3_600_000}`)).drift?.findings).toHaveLength(5);
  });

  it("sends a report of drift that began long ago, of a replay the week up to where it is", async () => {
    const { ports, mails, clock } = here;
    clock.nowMs = T0 + 90 * DAY_MS;
    const untilMs = T0 + 12 * 3_600_000;
    await ports.table.putMany([checkPut({ ...sampleDrift(), detector: "host", atMs: untilMs }, NOW_MS)]);
    await saveState(ports.table, "host", state(T0 + 3_600_000, untilMs), 0);
    const id = `host-drift-${T0 + 3_600_000}`;
    const { sent } = await runReports(ports);
    expect(sent.filter(({ report }) => report === id)).toHaveLength(2);
    expect(mails.at(-1)).toMatchObject({ id, subject: "Attention: host: the data have drifted" });
    expect(await readReport(ports, id)).toMatchObject({
      toMs: untilMs,
      drift: { atMs: untilMs },
      alerts: { incidents: 3 },
    });
    expect((await runReports(ports)).sent).toEqual([]);
    clock.nowMs += 8 * DAY_MS;
    await runReports(ports);
    expect(mails.filter((mail) => mail.id === id)).toHaveLength(1);
  });

  it("is silent of detectors that are disabled, ask for nothing, or never had a row", async () => {
    const { ports } = here;
    await putDetector(ports.table, { ...of, enabled: false }, 1);
    await putDetector(ports.table, detector({ id: "quiet" }), undefined);
    await putDetector(ports.table, detector({ id: "new", reports: { every: "day" } }), undefined);
    expect(await runReports(ports)).toEqual({ made: [], sent: [], failed: [] });
  });

  it("tells which version went live, and why", async () => {
    const { ports } = here;
    await promote(ports, "host", 1, T0, { by: "me", reason: "first" });
    await promote(ports, "host", 2, T0 + 3_600_000, { by: "me", reason: "fewer alarms" });
    await runReports(ports);
    const { model, verdict } = await readReport(ports, DAY_ID);
    expect(model).toMatchObject({ version: 2, sinceMs: T0 + 3_600_000, trainingRows: null });
    expect(model.moves.map(({ alias, version }) => `${alias} ${version}`)).toContain("champion 2");
    expect(verdict).toContain("Version 2 went live on 2026-11-20 (fewer alarms).");
  });
});

describe("reports", () => {
  it("are made when somebody asks, and sent by the next run", async () => {
    const { ports, mails } = here;
    const entry = await askReport(ports, of);
    expect(entry).toMatchObject({ id: `host-asked-${NOW_MS}`, mail: { state: "pending" } });
    expect((await readReport(ports, entry.id)).data.byDay).toHaveLength(8);
    await runReports(ports);
    expect(mails.map(({ id }) => id).sort()).toEqual([`host-asked-${NOW_MS}`, DAY_ID]);
  });

  it("compare with the time before, and count what rules suppressed apart", async () => {
    const { ports, clock } = here;
    const ruled = detector({ features: [{ metric: "cpu", direction: "down" }, { metric: "memory" }] });
    const scorer = await distanceScorer(ruled);
    const later = Array.from({ length: 30 }, (_, n) =>
      record(1000 + n, metric("a", 86_400 + n * 60, { cpu: n === 20 ? 99 : 50, memory: 50 }), 0, T0 + 2 * DAY_MS),
    );
    await scoreBatch(scorePorts(ports.table, [ruled], [scorer]), later);
    clock.nowMs += DAY_MS;
    await runReports(ports);
    const report = await readReport(ports, "host-day-2026-11-21");
    expect(report.alerts).toMatchObject({ incidents: 0, suppressed: 1, incidentsBefore: 3 });
    expect(report.verdict).toContain("There was no incident, after 3 the day before.");
    // Half an hour of rows, all in chunks of their own.
    expect(report.data.byDay).toEqual([{ day: "2026-11-21", rows: 30 }]);
  });

  it("count rows of the open chunk, of none, and say when a chunk's key is damaged", async () => {
    const { ports } = here;
    const read = async () => (await readHead(ports.table, "host", "a"))!;
    const head = await read();
    const from = (ms: number) => [ms, T0 + 30 * DAY_MS];
    const open = readChunkHeader(head.chunk, "open");
    expect(await rowsBetween(ports.table, "host", "a", head, from(open.baseMs))).toEqual([head.rows - open.firstRow]);
    const closed = { ...head, chunk: new Uint8Array(0) };
    expect(await rowsBetween(ports.table, "host", "a", closed, from(open.baseMs))).toEqual([0]);
    const sk = `CHUNK#${timeKey(T0 + 20 * DAY_MS)}#x`;
    await ports.table.putMany([{ item: { pk: seriesPk("host", "a"), sk, version: 1 }, condition: { kind: "any" } }]);
    await expect(rowsBetween(ports.table, "host", "a", head, from(open.baseMs))).rejects.toMatchObject({
      code: "CORRUPT",
    });
  });

  it("go to nobody where the detector names nobody, and tell of no drift where it says so", async () => {
    const { ports } = here;
    const entry = await askReport(ports, detector({}));
    expect(entry).toMatchObject({ mail: { state: "none", to: [] }, webhook: { state: "none" } });
    const silent = detector({ reports: { onDrift: false } });
    expect(driftReport(silent, { detector: "host", modelVersion: 1, sinceMs: 5, untilMs: 9 }, NOW_MS)).toBeUndefined();
  });

  it("are listed newest first, page by page, of all or one detector", async () => {
    const { ports, clock } = here;
    for (let at = 0; at < 205; at++) {
      const id = at % 2 ? "x" : "y";
      const doc = JSON.stringify({ ...(await askedEntry()), id: `${id}-${at}`, detector: id, atMs: at });
      await ports.table.putMany([
        { item: { ...reportKey(at, `${id}-${at}`), version: 1, doc }, condition: { kind: "any" } },
      ]);
      clock.nowMs++;
    }
    const ofX = await listReports(ports.table, { detector: "x", limit: 1000 });
    expect(ofX).toMatchObject({ reports: { length: 102 }, after: undefined });
    const first = await listReports(ports.table, { limit: 150 });
    const second = await listReports(ports.table, { limit: 150, before: first.after! });
    expect([first.reports.length, second.after]).toEqual([150, undefined]);
    const all = [...first.reports, ...second.reports].map(({ entry }) => entry.atMs);
    expect(new Set(all).size).toBe(206);
    expect(all).toEqual([...all].sort((a, b) => b - a));
  });
  it("are looked for a part at a time, where a detector has few of many", async () => {
    const { ports } = here;
    const puts = Array.from({ length: 2100 }, (_, at) => at);
    const entry = await askedEntry();
    for (const at of puts) {
      const doc = JSON.stringify({ ...entry, id: `r-${at}`, detector: at === 5 ? "rare" : "x", atMs: at });
      await ports.table.putMany([
        { item: { ...reportKey(at, `r-${at}`), version: 1, doc }, condition: { kind: "any" } },
      ]);
    }
    const first = await listReports(ports.table, { detector: "rare", limit: 10 });
    expect(first).toMatchObject({ reports: [], after: expect.any(String) });
    const rest = await listReports(ports.table, { detector: "rare", limit: 10, before: first.after! });
    expect(rest).toMatchObject({ reports: [{ entry: { id: "r-5" } }], after: undefined });
  });
  let asked: Awaited<ReturnType<typeof askReport>> | undefined;
  const askedEntry = async () => {
    asked =
      asked && (await readEntry(here.ports.table, asked.atMs, asked.id)) ? asked : await askReport(here.ports, of);
    return asked;
  };

  it("that are not there, or not to be read, say so", async () => {
    const { ports } = here;
    for (const id of ["none", "../../secrets", ""]) {
      await expect(readReport(ports, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(readReportPage(ports, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    await ports.blobs.put("reports/drift/bad.json", new TextEncoder().encode("{}"));
    await expect(readReport(ports, "bad")).rejects.toMatchObject({ code: "CORRUPT" });
  });
});

describe("the span of a report", () => {
  const wanted = (every: "day" | "week", nowMs: number) => periodReport(detector({ reports: { every } }), nowMs);
  it("is the day or the week (from Monday) that is over, an hour after its end", () => {
    expect(wanted("day", NOW_MS)).toMatchObject({ id: DAY_ID, atMs: Date.UTC(2026, 10, 21) });
    expect(wanted("day", Date.UTC(2026, 10, 21, 0, 59))?.id).toBe("host-day-2026-11-19");
    expect(wanted("week", NOW_MS)).toMatchObject({ id: "host-week-2026-11-09", fromMs: Date.UTC(2026, 10, 9) });
    expect(wanted("week", Date.UTC(2026, 10, 23, 1))?.id).toBe("host-week-2026-11-16");
    expect(periodReport(detector({}), NOW_MS)).toBeUndefined();
    expect(askedReport(detector({}), NOW_MS).toMs - askedReport(detector({}), NOW_MS).fromMs).toBe(7 * DAY_MS);
  });
});
