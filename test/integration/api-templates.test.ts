import { LogDetector } from "@tidewatch/core/log/detector";
import { putDetector } from "@tidewatch/core/store/detectors";
import { TemplateDetail, TemplateLinePage, TemplatePage } from "@tidewatch/functions/api/schemas/logs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { z } from "zod";
import { faultyJob } from "../support/log-archive.ts";
import { L0, LINES, normalJob } from "../support/log-stage.ts";
import { bodyOf, NOW_MS, problemOf } from "./api-harness.ts";
import { JOBS, type LogApi, lines, startLogApi } from "./log-harness.ts";

let api: LogApi;
beforeEach(async () => {
  api = await startLogApi();
});
afterEach(() => api.stop());

const get = (path: string) => api.app.request(path);

describe("templates", () => {
  const templates = async (query = "") => (await bodyOf(await get(`/v1/templates${query}`), TemplatePage)).items;

  test("are listed the newest first, page by page, and by status", async () => {
    await api.train();
    await api.send(lines([...normalJob(1, 0), ...faultyJob(2, 60)]));
    const all = await templates();
    expect(all.map(({ text, status }) => [text.split(" ")[1], status])).toEqual([
      ["Writer:", "new"],
      ["Scheduler:", "known"],
      ["Writer:", "known"],
      ["Reader:", "known"],
      ["Scheduler:", "known"],
    ]);
    expect(all[0]).toMatchObject({ firstMs: L0 + 62_000, earlierIds: [], rate: null });
    expect(await templates("?status=new")).toEqual([all[0]]);
    expect(await templates("?status=vanished")).toEqual([]);
    const paged: unknown[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const answer = await get(`/v1/templates?limit=2${cursor && `&cursor=${cursor}`}`);
      const page: z.output<typeof TemplatePage> = await bodyOf(answer, TemplatePage);
      paged.push(...page.items);
      cursor = page.cursor;
    }
    expect(paged).toEqual(all);
  });

  test("lead back to their raw lines, newest or oldest first", async () => {
    await api.train();
    await api.send(lines([...normalJob(1, 0), ...faultyJob(2, 60), ...normalJob(3, 90)]));
    const writes = (await templates()).find(({ text }) => text.includes("wrote"))!;
    const one = await bodyOf(await get(`/v1/templates/${writes.id}`), TemplateDetail);
    expect(one).toMatchObject({ ...writes, firstLine: { text: LINES.write(1), timestamp: L0 + 2000, reason: null } });
    const found = async (query: string) =>
      (await bodyOf(await get(`/v1/templates/${writes.id}/lines${query}`), TemplateLinePage)).items;
    const oldest = await found("?order=oldest");
    expect(oldest.map(({ text }) => text)).toEqual([1, 1, 3, 3].map(LINES.write));
    expect(await found("")).toEqual(oldest.toReversed());
    expect(await found(`?to=${NOW_MS - 7_200_000}&from=0`)).toEqual([]);
    const [first] = await found("?order=oldest&limit=1");
    expect(first).toEqual(oldest[0]);
  });

  test("pages of lines go on where the last one ended, while new lines come", async () => {
    await api.send(lines([...normalJob(1, 0), ...normalJob(2, 10)]));
    const { id } = (await templates()).find(({ text }) => text.includes("wrote"))!;
    const texts: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const answer = await get(`/v1/templates/${id}/lines?limit=1${cursor && `&cursor=${cursor}`}`);
      const page: z.output<typeof TemplateLinePage> = await bodyOf(answer, TemplateLinePage);
      texts.push(...page.items.map(({ text }) => text));
      cursor = page.cursor;
      api.clock.nowMs += 3_600_000;
    }
    expect(texts).toEqual([2, 2, 1, 1].map(LINES.write));
  });

  test("are not looked for at times that no line can have, nor where no cursor leads", async () => {
    await api.send(lines([...normalJob(1, 0), ...normalJob(2, 10)]));
    const { id } = (await templates()).find(({ text }) => text.includes("wrote"))!;
    expect(await problemOf(await get(`/v1/templates/${id}/lines?to=9000000000000000`))).toMatchObject({
      ...{ code: "VALIDATION", errors: [{ path: "query.to" }] },
    });
    const answer = await bodyOf(await get(`/v1/templates/${id}/lines?limit=1&to=${2 * NOW_MS}`), TemplateLinePage);
    const made = JSON.parse(Buffer.from(answer.cursor!, "base64url").toString());
    for (const odd of [{ hourMs: 8.7e15 }, { hourMs: -1 }, { toMs: 9e15, hourMs: 8.6e15 }, { line: -1 }]) {
      const position = { ...made.position, ...odd };
      const cursor = Buffer.from(JSON.stringify({ ...made, position })).toString("base64url");
      const answered = await get(`/v1/templates/${id}/lines?limit=1&to=${2 * NOW_MS}&cursor=${cursor}`);
      expect(await problemOf(answered)).toMatchObject({ code: "VALIDATION" });
    }
  });

  test("that nobody has seen, and ids that are none, are problems", async () => {
    expect(await problemOf(await get("/v1/templates/0123456789abcdef"))).toMatchObject({ code: "NOT_FOUND" });
    expect(await problemOf(await get("/v1/templates/0123456789abcdef/lines"))).toMatchObject({ code: "NOT_FOUND" });
    expect(await problemOf(await get("/v1/templates/x"))).toMatchObject({ code: "VALIDATION" });
    expect(await problemOf(await get("/v1/templates?status=odd"))).toMatchObject({ code: "VALIDATION" });
  });

  test("with rates say how often they come, and which have vanished", async () => {
    const watched = LogDetector.parse({ id: "jobs", ...JOBS, rates: { intervalSeconds: 60 } });
    await putDetector(api.ports.table, watched, 1);
    const minutes = Array.from({ length: 200 }, (_, minute) => minute);
    const messages = minutes.flatMap((minute) => {
      const timestamp = L0 + minute * 60_000;
      const line = (message: string) => ({ type: "log", entity: "a", timestamp, message });
      return minute < 150 ? [line("the heart beats"), line("the backup is fine")] : [line("the heart beats")];
    });
    await api.send(messages);
    expect((await templates()).map(({ text, status, rate }) => [text, status, rate?.lines])).toEqual([
      ["the backup is fine", "vanished", 150],
      ["the heart beats", "known", 200],
    ]);
    expect(await templates("?status=vanished")).toMatchObject([
      { text: "the backup is fine", rate: { lastMs: L0 + 149 * 60_000, linesPerInterval: 1 } },
    ]);
  });
});
