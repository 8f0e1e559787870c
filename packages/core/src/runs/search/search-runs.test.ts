import { beforeAll, describe, expect, test } from "vitest";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { runKey, runListKey } from "../../store/keys.ts";
import type { Table } from "../../store/ports.ts";
import { logMetrics } from "../metrics.ts";
import { changeRun, createRun, getRun } from "../runs.ts";
import { type RunSearch, searchRuns } from "./search-runs.ts";

const table = memoryTable();
const ports = { table };
let experimentIds: string[] = [];

beforeAll(async () => {
  for (let at = 0; at < 12; at++) {
    const inputs = [
      { name: `set${at % 2}`, digest: "d", sourceType: "s", source: "s", tags: { "mlflow.data.context": "training" } },
    ];
    const tags = at % 3 === 0 ? { kind: "third" } : {};
    const id = await createRun(ports, {
      ...{ experiment: `e${at % 2}`, name: `r${at}`, startMs: 1000 + at, params: { at: `${at}` }, tags, inputs },
      userId: "ann",
    });
    await logMetrics(ports, id, [{ key: "m", value: (at * 7) % 12, timestampMs: 1 }]);
    if (at === 5) await changeRun(ports, id, { stage: "deleted" }, 1);
    const { experimentId } = await getRun(ports, id);
    experimentIds = [...new Set([...experimentIds, experimentId])];
  }
});

const search = async (more: Partial<RunSearch> = {}) => {
  const names: string[][] = [];
  let after: string | undefined;
  do {
    const page = await searchRuns(ports, {
      ...{ experimentIds, filter: "", orderBy: [], stages: ["active"], limit: 100, after },
      ...more,
    });
    names.push(page.runs.map(({ name }) => name));
    after = page.after;
  } while (after !== undefined);
  return names;
};

describe("searchRuns", () => {
  test("gives the runs of all experiments, the latest first, page by page", async () => {
    const all = ["r11", "r10", "r9", "r8", "r7", "r6", "r4", "r3", "r2", "r1", "r0"];
    expect(await search()).toEqual([all]);
    expect((await search({ limit: 4 })).map((page) => page.length)).toEqual([4, 4, 3]);
    expect((await search({ limit: 1 })).flat()).toEqual(all);
    expect((await search({ stages: ["deleted"] })).flat()).toEqual(["r5"]);
    expect((await search({ experimentIds: [experimentIds[0]!, experimentIds[0]!] })).flat()).toHaveLength(6);
    expect(await search({ experimentIds: [] })).toEqual([[]]);
  });

  test("gives those that the filter wants, in the order that is asked for", async () => {
    expect((await search({ filter: "tags.kind = 'third'", limit: 2 })).flat()).toEqual(["r9", "r6", "r3", "r0"]);
    expect((await search({ filter: "metrics.m < 3 AND params.at != '0'", orderBy: ["metrics.m"] })).flat()).toEqual([
      "r7",
      "r2",
    ]);
    expect((await search({ orderBy: ["metrics.m DESC"], limit: 3 }))[0]).toEqual(["r10", "r3", "r8"]);
    expect((await search({ orderBy: ["status"], limit: 5 })).map((page) => page[0])).toEqual(["r11", "r6", "r0"]);
    const filter =
      "user_id = 'ann' AND start_time >= 1010 AND datasets.context = 'training' AND datasets.name = 'set1'";
    expect((await search({ filter })).flat()).toEqual(["r11"]);
    expect((await search({ filter: "artifact_uri LIKE 'mlflow-artifacts:%' AND end_time > 0" })).flat()).toEqual([]);
  });

  test("takes no token of another search", async () => {
    await expect(search({ orderBy: ["status"], after: "x" })).rejects.toThrow(/page token/);
  });

  test("gives what it has read when that is much, and refuses to sort more than it can", async () => {
    const many = memoryTable();
    const put = (count: number, from: number) =>
      many.putMany(
        Array.from({ length: count }, (_, at) => ({
          item: { ...runListKey("big", from + at, "r"), version: 1, doc: "{}" },
          condition: { kind: "any" as const },
        })),
      );
    const head = {
      id: "r",
      experimentId: "big",
      name: "n",
      userId: "",
      status: "RUNNING",
      startMs: 1,
      stage: "deleted",
    };
    await many.putMany([
      { item: { ...runKey("r"), version: 1, doc: JSON.stringify(head) }, condition: { kind: "any" } },
    ]);
    await put(2001, 0);
    const bigPorts = { table: many as Table };
    const wanted: RunSearch = { experimentIds: ["big"], filter: "", orderBy: [], stages: ["active"], limit: 5 };
    const first = await searchRuns(bigPorts, wanted);
    expect(first).toMatchObject({ runs: [], after: expect.any(String) });
    expect(await searchRuns(bigPorts, { ...wanted, after: first.after })).toEqual({ runs: [], after: undefined });
    await put(8001, 3000);
    await expect(searchRuns(bigPorts, { ...wanted, orderBy: ["status"] })).rejects.toThrow(/More than 10000 runs/);
  });
});
