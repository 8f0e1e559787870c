import { beforeAll, expect, test } from "vitest";
import { ARRIVAL_MS, archived, gunzipped, logEvent } from "../../../../../test/support/log-archive.ts";
import { memoryBlobs } from "../../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { record } from "../../../../../test/support/scoring.ts";
import { findLines, type Place, type TemplateLinesQuery } from "./template-lines.ts";

const HOUR_MS = 3_600_000;
const blobs = memoryBlobs();
const ports = { table: memoryTable(), blobs, gunzip: gunzipped };
const query = { fromMs: ARRIVAL_MS, toMs: ARRIVAL_MS + 3 * HOUR_MS, limit: 100, after: undefined } as const;
const isOdd = ({ message }: { message: string }) => Number(message) % 2 === 1;

/** Numbers 1 to 24, four to an object, in three hours. */
beforeAll(async () => {
  for (let first = 1; first <= 24; first += 4) {
    const numbers = [first, first + 1, first + 2, first + 3];
    const arrivalMs = ARRIVAL_MS + Math.floor((first - 1) / 8) * HOUR_MS;
    await archived(
      ports,
      numbers.map((number) => record(number, logEvent(String(number)), 0, arrivalMs)),
    );
  }
});

const everything = async (parts: Partial<TemplateLinesQuery>) => {
  const pages: number[][] = [];
  for (let after: Place | undefined; ; ) {
    const { lines, resume } = await findLines(ports, isOdd, { ...query, order: "oldest", after, ...parts });
    pages.push(lines.map(({ text }) => Number(text)));
    if (!resume) return pages;
    after = resume;
  }
};
const ODD = Array.from({ length: 12 }, (_, index) => 2 * index + 1);

test("lines come oldest or newest first, each with its place", async () => {
  expect(await everything({})).toEqual([ODD]);
  expect(await everything({ order: "newest" })).toEqual([ODD.toReversed()]);
  const { lines } = await findLines(ports, isOdd, { ...query, order: "oldest", limit: 2 });
  expect(lines.map(({ object, line }) => [object.slice(0, 28), line])).toEqual([
    ["events/dt=2026-11-21/hour=10", 1],
    ["events/dt=2026-11-21/hour=10", 3],
  ]);
});

test("pages of any size hold the same lines, each once", async () => {
  for (const limit of [1, 2, 3, 5, 12, 13]) {
    expect((await everything({ limit })).flat()).toEqual(ODD);
    expect((await everything({ limit, order: "newest" })).flat()).toEqual(ODD.toReversed());
  }
});

test("only the hours asked for are looked at", async () => {
  expect(await everything({ fromMs: ARRIVAL_MS + HOUR_MS, toMs: ARRIVAL_MS + HOUR_MS + 1 })).toEqual([[9, 11, 13, 15]]);
});

test("a request does its share of work and says where to go on: objects, and hours without any", async () => {
  const many = { ...ports, blobs: memoryBlobs(), table: memoryTable() };
  for (let number = 1; number <= 19; number++) await archived(many, [record(number, logEvent(String(number)))]);
  const pages: number[] = [];
  for (let after: Place | undefined, page = 0; page < 10; page++) {
    const { lines, resume } = await findLines(many, () => true, { ...query, order: "newest", after });
    pages.push(lines.length);
    if (!resume) break;
    after = resume;
  }
  expect(pages).toEqual([8, 8, 3]);
  const { lines, resume } = await findLines(many, () => true, {
    ...query,
    order: "oldest",
    fromMs: ARRIVAL_MS - 500 * HOUR_MS,
  });
  expect([lines, resume]).toEqual([[], { hourMs: ARRIVAL_MS - 100 * HOUR_MS, object: "", line: 0 }]);
});

test("a cursor goes on where it was though its object is deleted", async () => {
  const many = { ...ports, blobs: memoryBlobs(), table: memoryTable() };
  for (let number = 1; number <= 9; number++) await archived(many, [record(number, logEvent(String(number)))]);
  await archived(many, [record(10, logEvent("10"), 1)]);
  const goOn = async (order: "newest" | "oldest") => {
    const { resume } = await findLines(many, () => true, { ...query, order, limit: 5 });
    const [key, bytes] = [resume!.object, many.blobs.objects.get(resume!.object)!];
    many.blobs.objects.delete(key);
    const rest = await findLines(many, () => true, { ...query, order, after: resume });
    many.blobs.objects.set(key, bytes);
    return rest.lines.map(({ text }) => Number(text));
  };
  expect(await goOn("oldest")).toEqual([6, 7, 8, 9, 10]);
  expect(await goOn("newest")).toEqual([5, 4, 3, 2, 1]);
  const odd = { hourMs: ARRIVAL_MS, object: "no object", line: 0 };
  const all = await findLines(many, () => true, { ...query, order: "oldest", after: odd, limit: 3 });
  expect(all.lines.map(({ text }) => Number(text))).toEqual([1, 2, 3]);
});

test("an object that disappears is passed over", async () => {
  const broken = { ...ports, blobs: { ...blobs, get: async () => undefined } };
  expect((await findLines(broken, isOdd, { ...query, order: "oldest" })).lines).toEqual([]);
});
