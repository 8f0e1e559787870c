import { expect, test } from "vitest";
import { type Access, isAllowed } from "./iam.ts";

const READ = { action: "s3:GetObject", resource: "arn:aws:s3:::data/models/a/1/model.onnx" };
const allow = (Action: string | string[], Resource: string, Condition = {}) => ({
  Effect: "Allow",
  Action,
  Resource,
  Condition,
});

test.each<[string, boolean, Access, ReturnType<typeof allow>[]]>([
  ["nothing is allowed by itself", false, READ, []],
  ["action and resource both must fit", true, READ, [allow("s3:GetObject", "arn:aws:s3:::data/models/*")]],
  ["of one statement", false, READ, [allow("s3:GetObject", "arn:x"), allow("s3:PutObject", READ.resource)]],
  ["another folder is another resource", false, READ, [allow("s3:GetObject", "arn:aws:s3:::data/events/*")]],
  [
    "a dot is no wildcard",
    false,
    { ...READ, resource: "arn:aws:s3:::dataX" },
    [allow("s3:GetObject", "arn:aws:s3:::dat.X")],
  ],
])("%s", (_, expected, access, statements) => {
  expect(isAllowed(statements, access)).toBe(expected);
});

test("a condition on the prefix holds for lists, and where there is no prefix with `IfExists`", () => {
  const list = { action: "s3:ListBucket", resource: "arn:aws:s3:::data" };
  const statement = (test: string) => [allow("s3:ListBucket", list.resource, { [test]: { "s3:prefix": "models/*" } })];
  expect(isAllowed(statement("StringLike"), { ...list, prefix: "models/a" })).toBe(true);
  expect(isAllowed(statement("StringLike"), { ...list, prefix: "events/" })).toBe(false);
  expect(isAllowed(statement("StringLike"), list)).toBe(false);
  expect(isAllowed(statement("StringLikeIfExists"), list)).toBe(true);
});

test("a condition that it cannot judge is an error, and no leave", () => {
  const statements = [allow(READ.action, READ.resource, { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } })];
  expect(() => isAllowed(statements, READ)).toThrow("cannot judge");
});
