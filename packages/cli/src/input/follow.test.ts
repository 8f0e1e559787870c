import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { followFile } from "./follow.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-follow-"));
  path = join(folder, "app.log");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Reads until it is stopped; `hold` keeps the reader from taking more, as a server that is away does. */
const follow = () => {
  const stop = new AbortController();
  let text = "";
  let hold: Promise<void> | undefined;
  let release = () => {};
  const reading = (async () => {
    for await (const chunk of followFile(path, stop.signal)) {
      text += Buffer.from(chunk).toString();
      await hold;
    }
  })();
  return {
    text: () => text,
    hold: () => {
      hold = new Promise((resolve) => (release = resolve));
    },
    release: () => release(),
    until: async (wanted: string) => {
      for (let tries = 0; text !== wanted; tries++) {
        if (tries > 500) throw new Error(`after 10 s it read ${JSON.stringify(text)}`);
        await sleep(20);
      }
    },
    stop: async () => {
      stop.abort();
      await reading;
      return text;
    },
  };
};

describe("followFile", () => {
  it("reads what is there, and what is written later", async () => {
    await writeFile(path, "one\n");
    const reader = follow();
    await reader.until("one\n");
    await appendFile(path, "tw");
    await appendFile(path, "o\n");
    await reader.until("one\ntwo\n");
    expect(await reader.stop()).toBe("one\ntwo\n");
  });

  it("goes on with the file that takes the name, after the last of what its writer gave the old one", async () => {
    await writeFile(path, "one\n");
    const reader = follow();
    await reader.until("one\n");
    await rename(path, `${path}.1`);
    await writeFile(path, "");
    await sleep(600);
    await appendFile(`${path}.1`, "two, late");
    await reader.until("one\ntwo, late");
    await appendFile(path, "three\n");
    await reader.until("one\ntwo, late\nthree\n");
    await reader.stop();
  });

  it("loses no file of several rotations while it is not read", async () => {
    await writeFile(path, "one\n");
    const reader = follow();
    reader.hold();
    await reader.until("one\n");
    for (const name of ["two", "three", "four"]) {
      await rename(path, join(folder, `${name}.old`));
      await writeFile(path, `${name}\n`);
      await sleep(600);
    }
    reader.release();
    await reader.until("one\ntwo\nthree\nfour\n");
    await reader.stop();
  });

  it("waits while there is no file of the name", async () => {
    await writeFile(path, "one\n");
    const reader = follow();
    await reader.until("one\n");
    await rename(path, `${path}.1`);
    await sleep(400);
    await writeFile(path, "two\n");
    await reader.until("one\ntwo\n");
    await reader.stop();
  });

  it("begins again with a file that was emptied, and ends the line that was open", async () => {
    await writeFile(path, "one\ntwo is cut");
    const reader = follow();
    await reader.until("one\ntwo is cut");
    await truncate(path);
    await sleep(600);
    await appendFile(path, "three\n");
    await reader.until("one\ntwo is cut\nthree\n");
    await reader.stop();
  });

  it("stops at the end of a line where there is more", async () => {
    await writeFile(path, "x".repeat(999).concat("\n").repeat(1000));
    const reader = follow();
    reader.hold();
    while (reader.text() === "") await sleep(5);
    const ended = reader.stop();
    reader.release();
    const text = await ended;
    expect(text.length).toBeLessThan(200_000);
    expect(text.length % 1000).toBe(0);
  });

  it("says that there is no such file", async () => {
    await expect(followFile(path).next()).rejects.toMatchObject({ code: "ENOENT" });
  });
});
