import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { holdLock } from "./lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tidewatch-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the second waits until the first lets go", async () => {
  const path = join(folder, "lock");
  const order: string[] = [];
  const release = await holdLock(path);
  const second = holdLock(path).then((releaseSecond) => {
    order.push("second");
    releaseSecond();
  });
  await new Promise((done) => setTimeout(done, 300));
  order.push("first lets go");
  release();
  await second;
  expect(order).toEqual(["first lets go", "second"]);
});

test("what a dead process holds is free", async () => {
  const path = join(folder, "lock");
  // Linux gives out no number as high as this one.
  writeFileSync(path, String(2 ** 30));
  const release = await holdLock(path);
  release();
});
