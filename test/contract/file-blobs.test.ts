import { readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@tidewatch/core/errors";
import { fileBlobs } from "@tidewatch/local/blobs/file-blobs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { blobsContract } from "./blobs.ts";

blobsContract("objects as files", async () => {
  const folder = temporaryFolder();
  return { blobs: fileBlobs(folder.path), close: async () => folder.remove() };
});

describe("objects as files", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  it("refuses keys that would leave the folder or that a folder cannot hold", async () => {
    const blobs = fileBlobs(join(folder.path, "objects"));
    writeFileSync(join(folder.path, "secret"), "s");
    const bad = ["", "/etc/passwd", "../secret", "a/../../secret", "a//b", "a/", "./a", "a\\b", "a\0b", ".tmp/a"];
    for (const key of [...bad, "x".repeat(256), "\ud800", `${"y".repeat(200)}/`.repeat(6)]) {
      for (const call of [
        blobs.get(key),
        blobs.put(key, new Uint8Array(1)),
        blobs.putIfAbsent(key, new Uint8Array(1)),
      ]) {
        await expect(call).rejects.toMatchObject({ name: "AppError", code: "VALIDATION" });
      }
    }
    for (const prefix of ["../", "../s", "/etc/", "a/../../", ".tmp/"]) expect(await blobs.list(prefix)).toEqual([]);
  });

  it("says so when a key would be file and folder at once, and leaves both as they were", async () => {
    const blobs = fileBlobs(folder.path);
    await blobs.put("a/b", Buffer.from("x"));
    await expect(blobs.put("a", Buffer.from("y"))).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(blobs.putIfAbsent("a", Buffer.from("y"))).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(blobs.put("a/b/c", Buffer.from("y"))).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await blobs.list("")).toEqual(["a/b"]);
    expect(readdirSync(join(folder.path, ".tmp"))).toEqual([]);
  });

  it("never lists temporary files, sweeps those of dead processes, and lets those of living ones be", async () => {
    fileBlobs(folder.path);
    const temporary = join(folder.path, ".tmp");
    const deadPid = 2 ** 22 + 1; // above Linux's largest pid
    for (const name of [`${deadPid}-x`, `${process.pid}-new`, `${process.pid}-old`]) {
      writeFileSync(join(temporary, name), "half");
    }
    const twoHoursAgo = Date.now() / 1000 - 7200;
    utimesSync(join(temporary, `${process.pid}-old`), twoHoursAgo, twoHoursAgo);
    const blobs = fileBlobs(folder.path);
    expect(readdirSync(temporary)).toEqual([`${process.pid}-new`]);
    expect(await blobs.list("")).toEqual([]);
    expect(await blobs.list(".tmp")).toEqual([]);
  });

  it("goes on when a folder of objects is removed under it", async () => {
    const blobs = fileBlobs(folder.path);
    await blobs.put("a/b/1", Buffer.from("x"));
    rmSync(join(folder.path, "a"), { recursive: true });
    await blobs.put("a/b/2", Buffer.from("y"));
    expect(await blobs.list("")).toEqual(["a/b/2"]);
  });

  it("says what to do when its folder cannot be made", () => {
    writeFileSync(join(folder.path, "file"), "");
    expect(() => fileBlobs(join(folder.path, "file", "objects"))).toThrowError(AppError);
    expect(() => fileBlobs(join(folder.path, "file", "objects"))).toThrowError(/a file stands where its folder/);
  });
});
