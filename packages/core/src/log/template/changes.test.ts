import fc from "fast-check";
import { expect, test } from "vitest";
import { templateChanges } from "./changes.ts";
import { decodeStore, encodeStore } from "./codec.ts";
import { mineLine, minerOf } from "./miner.ts";
import { templatesOf } from "./store.ts";
import { templateId, templateText } from "./template.ts";

const changesOf = (earlier: readonly string[], later: readonly string[]) => {
  const miner = minerOf();
  for (const line of earlier) mineLine(miner, line);
  const before = decodeStore(encodeStore(miner.store), "store");
  for (const line of later) mineLine(miner, line);
  const texts = new Map([...templatesOf(miner.store)].map((one) => [templateId(one), templateText(one)]));
  const { events, appeared, silent } = templateChanges(before, miner.store);
  return {
    events: Object.fromEntries(Array.from(events, ([id, count]): [string, number] => [texts.get(id) ?? "", count])),
    appeared: appeared.map((id) => texts.get(id)),
    silent: silent.map((id) => texts.get(id)),
  };
};

test("templates that appeared, that were silent, and how many lines each had", () => {
  expect(changesOf(["a 1 went", "b 2 came"], ["a 5 went", "a 6 went", "disk is full"])).toEqual({
    events: { "a <*> went": 2, "b <*> came": 0, "disk is full": 1 },
    appeared: ["disk is full"],
    silent: ["b <*> came"],
  });
});

test("a template that others were joined to is not new", () => {
  const way = (name: string) => `robot moves ${name} now`;
  expect(changesOf(["up", "down", "left"].map(way), ["right", "up"].map(way))).toEqual({
    ...{ events: { "robot moves <*> now": 2 }, appeared: [], silent: [] },
  });
});

test("all lines in between are counted, once", () => {
  const line = fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("up", "down", "left", "right", "7"));
  const lines = fc.array(line.map(([verb, way]) => `${verb} moves ${way} now`));
  fc.assert(
    fc.property(lines, lines, (earlier, later) => {
      const { events } = changesOf(earlier, later);
      expect(Object.values(events).reduce((sum, count) => sum + count, 0)).toBe(later.length);
    }),
  );
});
