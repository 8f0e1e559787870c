import { expect, test } from "vitest";
import { pointsPath, withQuery } from "./paths.ts";

test("an entity with slashes, spaces and question marks stays one path segment", () => {
  expect(pointsPath("host", "rack 7/a?b#c%", { limit: 5 })).toBe(
    "/v1/series/host/rack%207%2Fa%3Fb%23c%25/points?limit=5",
  );
});

test("parameters without a value are left out, zero is kept", () => {
  expect(withQuery("/v1/anomalies", { from: 0, to: undefined, cursor: null })).toBe("/v1/anomalies?from=0");
  expect(withQuery("/v1/anomalies", {})).toBe("/v1/anomalies");
});
