import { expect, test } from "vitest";
import { grants, SCOPES } from "./scopes.ts";

test.each([
  ["ingest", ["ingest"]],
  ["read", ["read"]],
  ["operate", ["read", "operate"]],
  ["admin", ["ingest", "read", "operate", "admin"]],
] as const)("a key with the scope %s may do what needs %j, and nothing else", (scope, allowed) => {
  expect(SCOPES.filter((needed) => grants([scope], needed))).toEqual(allowed);
});

test("several scopes add up, none grants nothing", () => {
  expect(SCOPES.filter((needed) => grants(["ingest", "operate"], needed))).toEqual(["ingest", "read", "operate"]);
  expect(SCOPES.filter((needed) => grants([], needed))).toEqual([]);
});
