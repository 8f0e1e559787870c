import { expect, test } from "vitest";
import { mailSettings, readEnvironment, retentionRules } from "./environment.ts";

test("a function gets the names that it uses and no others", () => {
  const env = { TABLE_NAME: "t", BUCKET_NAME: "b", STREAM_NAME: "s" };
  expect(readEnvironment(["TABLE_NAME", "BUCKET_NAME"], env)).toEqual({ TABLE_NAME: "t", BUCKET_NAME: "b" });
});

test("a missing or empty variable is named", () => {
  expect(() => readEnvironment(["TABLE_NAME"], {})).toThrow(/^TABLE_NAME: it must be set: set it in the environment/);
  expect(() => readEnvironment(["BUS_NAME"], { BUS_NAME: "" })).toThrow(/^BUS_NAME: it must not be empty/);
});

test("the archive stays unless the deployment says for how long", () => {
  expect(retentionRules({})).toEqual({});
  expect(retentionRules({ RAW_DAYS: "30", COMPACTED_DAYS: "400" })).toEqual({ rawDays: 30, compactedDays: 400 });
  expect(() => retentionRules({ RAW_DAYS: "soon" })).toThrow();
});

test("mail is sent where there is a sender, from a region of its own if it has one", () => {
  expect(mailSettings({ AWS_REGION: "eu-west-1" })).toBeUndefined();
  const env = { AWS_REGION: "eu-west-1", MAIL_FROM: "a@example.com" };
  expect(mailSettings(env)).toMatchObject({ from: "a@example.com", environment: { AWS_REGION: "eu-west-1" } });
  expect(mailSettings({ ...env, MAIL_REGION: "us-east-1" })?.environment.AWS_REGION).toBe("us-east-1");
});
