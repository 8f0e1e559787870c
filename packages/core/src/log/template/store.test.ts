import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeStore, encodeStore } from "./codec.ts";
import { mineLine, minerOf } from "./miner.ts";
import { currentIds, emptyStore, mergeStores, type TemplateStore, templatesOf } from "./store.ts";
import { currentTemplate, templateId, templateText } from "./template.ts";

const storeOf = (lines: readonly string[]): TemplateStore => {
  const miner = minerOf(emptyStore());
  for (const line of lines) mineLine(miner, line);
  return miner.store;
};
const texts = (store: TemplateStore): [string, number][] =>
  [...templatesOf(store)].map((template): [string, number] => [templateText(template), template.count]).sort();

/** Few words and many lines: most stores join, some of them in cascades. */
const word = fc.constantFrom("up", "down", "left", "right", "in", "out", "off", "true", "null", "user", "17");
const line = fc.oneof(
  fc.tuple(word, word, word).map((words) => `move ${words.join(" ")}`),
  fc.tuple(word, word, word).map(([a, b, c]) => `set a=${a}, b=${b} by user ${c}`),
  fc.tuple(word, word).map(([a, b]) => `state "${a}":${b}`),
  fc.tuple(word, word).map(([a, b]) => `the quick brown ${a} jumped ${b}`),
);
const lines = fc.array(line, { maxLength: 60 });

test("words become a variable when more than three of them meet", () => {
  const three = ["up", "down", "left"].map((way) => `robot moves ${way} now`);
  expect(texts(storeOf(three))).toHaveLength(3);
  expect(texts(storeOf([...three, "robot moves right now"]))).toEqual([["robot moves <*> now", 4]]);
});

test("with fewer than two other words it takes seven, and booleans do not count outside of fields", () => {
  const words = ["a", "b", "c", "d", "e", "f"].map((name) => `${name}x`);
  expect(texts(storeOf(words.map((name) => `opened ${name}`)))).toHaveLength(6);
  expect(texts(storeOf([...words, "gx"].map((name) => `opened ${name}`)))).toEqual([["opened <*>", 7]]);
  expect(texts(storeOf(["true", "false", "up", "down"].map((way) => `robot moves ${way} now`)))).toHaveLength(4);
});

test("a word meets a value, a user needs one other, and fields open together", () => {
  expect(texts(storeOf(["login of bob at door", "login of 17 at door"]))).toEqual([["login of <*> at door", 2]]);
  expect(texts(storeOf(["closed for user bob", "closed for user root"]))).toEqual([["closed for user <*>", 2]]);
  const fields = ["x=p y=q", "x=r y=s", "x=t y=u", "x=v y=w"].map((pairs) => `state ${pairs}`);
  expect(texts(storeOf(fields.slice(1)))).toHaveLength(3);
  expect(texts(storeOf(fields))).toEqual([["state x=<*> y=<*>", 4]]);
  expect(texts(storeOf([...fields, "state x=p y=true"]))).toEqual([["state x=<*> y=<*>", 5]]);
});

test("the first word never becomes a variable", () => {
  expect(storeOf(Array.from({ length: 20 }, (_, index) => `${"abcdefghijklmnopqrst"[index]}word went away`)).size).toBe(
    20,
  );
});

test("stores are the same in any order of lines, by any number of workers, merged in any order", () => {
  fc.assert(
    fc.property(lines, lines, lines, fc.nat(), (a, b, c, seed) => {
      const [first, second, third] = [a, b, c].map(storeOf) as [TemplateStore, TemplateStore, TemplateStore];
      const left = mergeStores(mergeStores(first, second), third);
      for (const other of [
        mergeStores(first, mergeStores(second, third)),
        mergeStores(third, mergeStores(second, first)),
      ]) {
        expect(texts(other)).toEqual(texts(left));
        expect(Buffer.compare(encodeStore(other), encodeStore(left))).toBe(0);
      }
      const all = [...a, ...b, ...c].map((text, index) => ({ text, at: Math.imul(index + seed, 0x9e3779b1) >>> 0 }));
      const shuffled = all.sort((x, y) => x.at - y.at).map(({ text }) => text);
      expect(texts(storeOf(shuffled))).toEqual(texts(decodeStore(encodeStore(left), "store")));
    }),
    { numRuns: 100 },
  );
});

test("workers that restart from snapshots, however many, find the templates of one that saw all lines", () => {
  const deal = fc.array(fc.record({ text: line, worker: fc.nat(6), at: fc.nat(), restarts: fc.boolean() }), {
    maxLength: 80,
  });
  const restarted = (store: TemplateStore) => minerOf(decodeStore(encodeStore(store), "store"));
  fc.assert(
    fc.property(deal, fc.array(fc.nat(), { minLength: 7, maxLength: 7 }), (all, order) => {
      const workers = Array.from({ length: 7 }, () => minerOf());
      const interleaved = all.toSorted((a, b) => a.at - b.at);
      const served: [string, string][] = [];
      for (const { text, worker, restarts } of interleaved) {
        if (restarts) workers[worker] = restarted(workers[worker]!.store);
        served.push([text, templateId(mineLine(workers[worker]!, text))]);
      }
      const stores = workers.map(({ store }, index) => ({ store, at: order[index]! }));
      const merged = stores
        .sort((a, b) => a.at - b.at)
        .map(({ store }) => store)
        .reduce((into, store) => decodeStore(encodeStore(mergeStores(into, store)), "store"));
      const alone = minerOf();
      for (const { text } of all) mineLine(alone, text);
      expect(texts(merged)).toEqual(texts(alone.store));
      // Ids that any worker handed out, also before a restart, lead to the templates of the whole.
      const currentId = currentIds(merged);
      const known = minerOf(alone.store);
      for (const [text, id] of served) expect(currentId(id)).toBe(templateId(mineLine(known, text)));
    }),
    { numRuns: 200 },
  );
});

test("merging leaves the merged stores as they are", () => {
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      const [first, second] = [storeOf(a), storeOf(b)];
      const before = [encodeStore(first), encodeStore(second)];
      mergeStores(first, second);
      expect([encodeStore(first), encodeStore(second)]).toEqual(before);
    }),
  );
});

test("every id that was handed out leads to the template that its line has in the end", () => {
  fc.assert(
    fc.property(lines, (all) => {
      const miner = minerOf();
      const served = all.map((text) => {
        const template = mineLine(miner, text);
        return { id: templateId(template), template };
      });
      const currentId = currentIds(miner.store);
      for (const { id, template } of served) {
        expect(currentId(id)).toBe(templateId(currentTemplate(template)));
        const found = [...templatesOf(miner.store)].filter((one) => templateId(one) === id || one.earlier.includes(id));
        expect(found).toEqual([currentTemplate(template)]);
      }
      const known = minerOf(decodeStore(encodeStore(miner.store), "store"));
      for (const [index, text] of all.entries()) {
        expect(templateId(mineLine(known, text))).toBe(templateId(currentTemplate(served[index]!.template)));
      }
    }),
  );
});

test("a sentence of variables takes one template, not hundreds", () => {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const name = (index: number) => `${letters[index % 26]}${letters[Math.floor(index / 26) % 26]}w`;
  const sentences = Array.from(
    { length: 300 },
    (_, index) => `say ${name(index)} ${name(index * 7 + 3)} ${name(index * 3)}`,
  );
  const store = storeOf(sentences);
  expect(store.size).toBeLessThan(60);
  expect(texts(store).some(([text]) => text === "say <*> <*> <*>")).toBe(true);
});

test("shapes beyond the capacity are counted as overflow, and the largest templates survive a merge", () => {
  const shape = (index: number) =>
    `${Array.from(String(index), (digit) => "abcdefghij"[Number(digit)]).join("")}word ended`;
  const [first, second] = [minerOf(emptyStore(100)), minerOf(emptyStore(100))];
  for (let index = 0; index < 105; index++) mineLine(first, shape(index));
  expect(texts(first.store)).toHaveLength(101);
  expect(first.store.overflow.count).toBe(5);
  for (const index of [300, 300, 301, 0]) mineLine(second, shape(index));
  const merged = mergeStores(first.store, second.store);
  expect(merged.size).toBe(100);
  expect(merged.overflow.count).toBe(5 + 2);
  expect(texts(merged)).toContainEqual([`daaword ended`, 2]);
  expect(encodeStore(mergeStores(second.store, first.store))).toEqual(encodeStore(merged));
});

test("hostile lines take time linear in their length", () => {
  const miner = minerOf();
  const hostile = [
    "x".repeat(1_000_000),
    "a-".repeat(500_000),
    "1:".repeat(500_000),
    "a.".repeat(500_000),
    "(a+)+$ .*.*.* [[[[ \\1 ".repeat(20_000),
    "/".repeat(100_000),
    '"'.repeat(100_000),
    "word ".repeat(10_000),
    "a=b, ".repeat(10_000),
    "\u001b[".repeat(50_000),
    "\u202e\u200f".repeat(50_000),
    "<*>".repeat(20_000),
    String.fromCharCode(...Array.from({ length: 60_000 }, (_, index) => (index * 7919) % 65_536)),
  ];
  const startMs = performance.now();
  for (const text of hostile) mineLine(miner, text);
  // About 40 ms on a quiet core; a mask that goes back and forth takes minutes.
  expect(performance.now() - startMs).toBeLessThan(5000);
  expect(decodeStore(encodeStore(miner.store), "store").size).toBe(miner.store.size);
});

test("the memory of fingerprints stays bounded and changes nothing", () => {
  const miner = minerOf();
  for (let index = 0; index < 40_000; index++) {
    const name = Array.from(String(index), (digit) => "abcdefghij"[Number(digit)]).join("");
    mineLine(miner, `the job of ${name}x has ended`);
  }
  expect(texts(miner.store)).toEqual([["the job of <*> has ended", 40_000]]);
  expect(miner.known.size).toBeLessThanOrEqual(32_768);
});
