import { expect, test } from "vitest";
import { readEnvironment } from "./environment.ts";

test("a function gets the names that it uses and no others", () => {
  const env = { TABLE_NAME: "t", BUCKET_NAME: "b", STREAM_NAME: "s" };
  expect(readEnvironment(["TABLE_NAME", "BUCKET_NAME"], env)).toEqual({ TABLE_NAME: "t", BUCKET_NAME: "b" });
});

test("a missing or empty variable is named", () => {
  expect(() => readEnvironment(["TABLE_NAME"], {})).toThrow(/^TABLE_NAME: it must be set: set it in the environment/);
  expect(() => readEnvironment(["BUS_NAME"], { BUS_NAME: "" })).toThrow(/^BUS_NAME: it must not be empty/);
});
