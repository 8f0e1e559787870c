import { expect, test } from "vitest";
import { pointsPath, withQuery } from "./paths.ts";

test.each(["rack 7/a?b#c%", "/dev/sda1", "ns/pod", "100%25", "a&b=c+d"])(
  "of an entity like %s every character stays what it is",
  (entity) => {
    const { pathname, searchParams } = new URL(pointsPath("host", entity, { limit: 5 }), "http://localhost");
    expect([pathname, ...searchParams]).toEqual([
      "/v1/points",
      ["detector", "host"],
      ["entity", entity],
      ["limit", "5"],
    ]);
  },
);

test("parameters without a value are left out, zero is kept", () => {
  expect(withQuery("/v1/anomalies", { from: 0, to: undefined, cursor: null })).toBe("/v1/anomalies?from=0");
  expect(withQuery("/v1/anomalies", {})).toBe("/v1/anomalies");
});
