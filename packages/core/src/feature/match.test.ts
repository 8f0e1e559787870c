import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Detector } from "../detector.ts";
import type { MetricEvent } from "../ingest/event.ts";
import { compileGlob, compileMatch } from "./match.ts";

const matches = (match: object, event: Partial<MetricEvent>) =>
  compileMatch(Detector.parse({ id: "d", features: [{ metric: "cpu" }], match }))({
    ...{ type: "metric", entity: "web-1", timestamp: 0, values: { cpu: 1 } },
    ...event,
  });

describe("compileMatch", () => {
  it("wants the entity to fit the glob and all tags to be equal", () => {
    expect(matches({}, {})).toBe(true);
    expect(matches({ entity: "web-*" }, {})).toBe(true);
    expect(matches({ entity: "db-*" }, {})).toBe(false);
    expect(matches({ tags: { env: "prod" } }, { tags: { env: "prod", zone: "a" } })).toBe(true);
    expect(matches({ tags: { env: "prod" } }, { tags: { env: "test" } })).toBe(false);
    expect(matches({ tags: { env: "prod" } }, {})).toBe(false);
  });

  it("passes over events that carry none of the metrics, but takes a null as an observation", () => {
    expect(matches({}, { values: { disk: 1 } })).toBe(false);
    expect(matches({}, { values: { cpu: null } })).toBe(true);
  });

  it("finds no tag or metric that an object merely inherits", () => {
    expect(matches({ tags: { constructor: "x" } }, { tags: {} })).toBe(false);
    const inherited = Detector.parse({ id: "d", features: [{ metric: "toString" }] });
    expect(compileMatch(inherited)({ type: "metric", entity: "e", timestamp: 0, values: { cpu: 1 } })).toBe(false);
  });
});

describe("compileGlob", () => {
  it.each([
    ["*", "", true],
    ["?", "", false],
    ["?", "\u{1F30A}", true],
    ["a*b*c", "aXXbYYc", true],
    ["a*b*c", "aXXbYY", false],
    ["*.log", "a.log.log", true],
    ["a.c", "abc", false],
    ["(", "(", true],
    ["a**b", "ab", true],
  ])("%j against %j is %s", (glob, text, expected) => {
    expect(compileGlob(glob)(text)).toBe(expected);
  });

  it("agrees with a regular expression", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
    const glob = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "?"), maxLength: 6 });
    fc.assert(
      fc.property(glob, text, (pattern, entity) => {
        const source = pattern.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".");
        expect(compileGlob(pattern)(entity)).toBe(new RegExp(`^${source}$`).test(entity));
      }),
      { numRuns: 500 },
    );
  });

  it("is not slowed down by an entity made to make it backtrack", () => {
    const started = performance.now();
    expect(compileGlob(`${"a*".repeat(60)}b`)("a".repeat(256))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
