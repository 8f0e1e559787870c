import { describe, expect, it } from "vitest";
import { Detector } from "../detector.ts";
import { canonicalJson, configHash, featureHash, shortHash } from "./hash.ts";

const detector = (parts: object) =>
  Detector.parse({ id: "d", features: [{ metric: "cpu" }], model: { family: "isolation-forest" }, ...parts });

describe("shortHash", () => {
  it("is the beginning of sha256 (FIPS 180-2, appendix B.1)", () => {
    expect(shortHash("abc")).toBe("ba7816bf8f01cfea");
  });
});

describe("canonicalJson", () => {
  it("does not depend on the order of keys, nor on undefined ones", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "é" }], a: undefined })).toBe('{"b":[1,{"c":"é","d":null}]}');
  });
});

describe("hashes of a detector", () => {
  it("configHash changes with every part of the document", () => {
    expect(configHash(detector({ sensitivity: 6 }))).not.toBe(configHash(detector({})));
    expect(configHash(detector({ sensitivity: 5 }))).toBe(configHash(detector({})));
  });

  it("featureHash changes with what makes rows, not with what judges them", () => {
    const same = [
      { sensitivity: 9 },
      { description: "x" },
      { closeAfterRows: 9 },
      { model: { family: "isolation-forest", trees: 10 } },
    ];
    const other = [{ missing: "zero" }, { shingleSize: 2 }, { intervalSeconds: 60 }, { match: { entity: "a" } }];
    for (const parts of same) expect(featureHash(detector(parts))).toBe(featureHash(detector({})));
    for (const parts of other) expect(featureHash(detector(parts))).not.toBe(featureHash(detector({})));
    const up = detector({ features: [{ metric: "cpu", direction: "up" }] });
    expect(featureHash(up)).toBe(featureHash(detector({})));
  });
});
