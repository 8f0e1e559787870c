import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { labelKey } from "./keys.ts";
import { listLabels, NewLabel, putLabels, removeLabel } from "./labels.ts";

const T0 = Date.UTC(2026, 0, 1);
const label = (entity: string, from: number, to: number, parts: Partial<NewLabel> = {}): NewLabel => ({
  ...{ detector: "web", entity, fromMs: T0 + from, toMs: T0 + to, label: "anomalous" },
  ...parts,
});
const setUp = () => {
  let nowMs = 1;
  return { table: memoryTable(), clock: () => nowMs++ };
};

describe("labels in the table", () => {
  test("are listed by series in time order, and page by page the same", async () => {
    const ports = setUp();
    const given = [label("b", 5, 9), label("a", 20, 30), label("a", 5, 50, { label: "normal" }), label("a", 5, 9)];
    await putLabels(ports, given);
    await putLabels(ports, [label("a", 0, 1, { detector: "other" })]);
    const all = await listLabels(ports.table, "web");
    const stored = (index: number) => ({ ...given[index]!, createdAtMs: 1 });
    expect(all.map((one) => one.label)).toEqual([stored(3), stored(2), stored(1), stored(0)]);
    const pages = [];
    for (let after: string | undefined; ; ) {
      const page = await listLabels(ports.table, "web", { after, limit: 1 });
      if (page.length === 0) break;
      pages.push(...page);
      after = page[0]!.sk;
    }
    expect(pages).toEqual(all);
    expect(await listLabels(ports.table, "web", { entity: "b" })).toEqual(all.slice(3));
    expect(await listLabels(ports.table, "web", { entity: "a", after: all[1]!.sk })).toEqual([all[2]]);
    expect(await listLabels(ports.table, "web", { entity: "c" })).toEqual([]);
  });

  test("more of them than one query gives", async () => {
    const ports = setUp();
    await putLabels(
      ports,
      Array.from({ length: 1203 }, (_, n) => label("a", n, n + 1)),
    );
    await putLabels(ports, [label("a0", 0, 1)]);
    const found = await listLabels(ports.table, "web", { entity: "a" });
    expect(found.map((one) => one.label.fromMs)).toEqual(Array.from({ length: 1203 }, (_, n) => T0 + n));
  });

  test("one with the same span takes the other's place; a removed one is gone, and unknown ones are told", async () => {
    const ports = setUp();
    await putLabels(ports, [label("a", 0, 9)]);
    const again = label("a", 0, 9, { label: "normal", note: "a drill" });
    await putLabels(ports, [again]);
    expect((await listLabels(ports.table, "web")).map((one) => one.label)).toEqual([{ ...again, createdAtMs: 2 }]);
    await removeLabel(ports.table, again);
    expect(await listLabels(ports.table, "web")).toEqual([]);
    await expect(removeLabel(ports.table, again)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message:
        '"a" has no label from 2026-01-01T00:00:00.000Z to 2026-01-01T00:00:00.009Z: spans must be the very same.',
    });
  });

  test("an entity with any characters has its own labels and no others, within DynamoDB's 1 KB for a key", async () => {
    const entity = fc
      .string({
        unit: fc.constantFrom("a", "#", "0", "$", "%", "/", "\u0000", "\u{1F30A}", "é"),
        minLength: 1,
        maxLength: 12,
      })
      .filter((text) => text !== "");
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(entity, { minLength: 2, maxLength: 6 }), async (entities) => {
        const ports = setUp();
        await putLabels(
          ports,
          entities.map((one) => label(one, 0, 9)),
        );
        for (const one of entities) {
          const found = await listLabels(ports.table, "web", { entity: one });
          expect(found.map((stored) => stored.label.entity)).toEqual([one]);
        }
      }),
      { numRuns: 100 },
    );
    expect(labelKey("web", "\u0001".repeat(256), T0, T0 + 1).sk.length).toBeLessThan(1024);
  });

  test("one that cannot be read is named", async () => {
    const ports = setUp();
    const item = { ...labelKey("web", "a", T0, T0 + 1), version: 1, doc: '{"label":"odd"}' };
    await ports.table.putMany([{ item, condition: { kind: "any" } }]);
    await expect(listLabels(ports.table, "web")).rejects.toMatchObject({ code: "CORRUPT" });
  });

  test("a span that is no time, or ends before it begins, is no label", () => {
    const problems = (parts: object) =>
      NewLabel.safeParse({ ...label("a", 0, 1), ...parts }).error?.issues.map(({ path }) => path.join("."));
    expect(problems({ toMs: T0 })).toEqual(["toMs"]);
    expect(problems({ fromMs: 5 })).toEqual(["fromMs"]);
    expect(problems({ entity: "" })).toEqual(["entity"]);
    expect(problems({ label: "odd" })).toEqual(["label"]);
    expect(problems({ toMs: Date.UTC(2100, 0, 1) })).toBeUndefined();
  });
});
