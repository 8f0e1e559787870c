import { expect, test } from "vitest";
import { timedMemo } from "./memo.ts";

const setUp = (load: (key: string) => Promise<string> = (key) => Promise.resolve(key)) => {
  const clock = { nowMs: 0 };
  const loads: string[] = [];
  const read = timedMemo(
    () => clock.nowMs,
    1000,
    (key) => {
      loads.push(key);
      return load(key);
    },
  );
  return { clock, loads, read };
};

test("a value is loaded once per key while it is fresh, also by calls at the same time", async () => {
  const { clock, loads, read } = setUp();
  expect(await Promise.all([read("a"), read("a"), read("b")])).toEqual(["a", "a", "b"]);
  clock.nowMs = 999;
  await read("a");
  expect(loads).toEqual(["a", "b"]);
});

test("a value that is old is loaded again", async () => {
  const { clock, loads, read } = setUp();
  await read("a");
  clock.nowMs = 1000;
  await read("a");
  expect(loads).toEqual(["a", "a"]);
});

test("a failure is not remembered", async () => {
  let attempts = 0;
  const { read } = setUp(() => (++attempts === 1 ? Promise.reject(new Error("away")) : Promise.resolve("back")));
  await expect(read("a")).rejects.toThrow("away");
  expect(await read("a")).toBe("back");
});
