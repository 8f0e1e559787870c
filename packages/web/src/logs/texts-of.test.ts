import { expect, test } from "vitest";
import { keyOf, textsOf } from "./texts-of.ts";

test("a series of rates is known by the id that its template has, and by those that it had", () => {
  const texts = new Map([
    ...textsOf("hdfs.rates", [{ id: "aa", earlierIds: ["bb", "cc"], text: "disk <*>" }]),
    ...textsOf("web.rates", [{ id: "aa", earlierIds: [], text: "GET <*>" }]),
  ]);
  const textOf = (detector: string, entity: string) => texts.get(keyOf({ detector, entity }));
  expect(["aa", "bb", "cc"].map((id) => textOf("hdfs.rates", id))).toEqual(["disk <*>", "disk <*>", "disk <*>"]);
  expect(textOf("web.rates", "aa")).toBe("GET <*>");
});

test("an entity of metrics that is named like a template is none", () => {
  const texts = new Map(textsOf("hdfs.rates", [{ id: "aa", earlierIds: [], text: "disk <*>" }]));
  expect(texts.get(keyOf({ detector: "hdfs", entity: "aa" }))).toBeUndefined();
});
