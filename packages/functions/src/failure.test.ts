import { AppError } from "@tidewatch/core/errors";
import { expect, test } from "vitest";
import { failureFacts } from "./failure.ts";

const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

test("a failure of ours says what is wrong, what caused it and what to do", () => {
  const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  const facts = failureFacts(new AppError("UNAVAILABLE", "table t does not answer", { cause }));
  expect(facts).toMatchObject({
    code: "UNAVAILABLE",
    reason: "table t does not answer",
    error: "AppError UNAVAILABLE",
  });
  expect(facts).toMatchObject({ cause: "Error ECONNREFUSED", next: expect.stringContaining("tried again") });
});

test("the message of another's error stays out, in every line of it: it may quote what an event said", () => {
  const text = '{"owner":\n    at ada@example.org (lovelace)\n}';
  const parse = failureFacts(thrownBy(() => JSON.parse(`${text}!`)));
  const own = failureFacts(new Error(text));
  for (const facts of [parse, own]) {
    expect(facts).toMatchObject({ code: "INTERNAL", next: expect.stringContaining("report it") });
    expect(JSON.stringify(facts)).not.toMatch(/owner|lovelace|ada@/);
    expect(facts.where?.join()).toContain("failure.test.ts");
  }
  const renamed = new Error(text);
  expect(renamed.stack).toContain("lovelace"); // it is written down when it is first asked for
  renamed.message = "other";
  expect(failureFacts(renamed).where).toEqual([]);
  expect([parse.error, own.error]).toEqual(["SyntaxError", "Error"]);
});

test("what is thrown and is no error is told by its kind", () => {
  expect(failureFacts("secret")).toEqual({ code: "INTERNAL", next: expect.any(String), error: "string" });
  expect(failureFacts(Object.assign(new Error("x"), { stack: undefined }))).not.toHaveProperty("reason");
});
