import { expect, test } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { decodeDataset } from "./codec.ts";
import { archivedDays, compactedFolder, manifestKey, readManifest } from "./manifest.ts";

const DAY = "2026-11-20";

test("a manifest that cannot be read is CORRUPT; so is one that is always gone", async () => {
  const blobs = memoryBlobs();
  expect(await readManifest(blobs, DAY)).toBeUndefined();
  for (const text of ["", "{}", '{"format":2}']) {
    await blobs.put(manifestKey(DAY, 1), Buffer.from(text));
    await expect(readManifest(blobs, DAY)).rejects.toMatchObject({ code: "CORRUPT" });
  }
  const gone = { ...blobs, get: async () => undefined };
  await expect(readManifest(gone, DAY)).rejects.toMatchObject({ code: "CORRUPT", message: /removed each time/ });
});

test("the days of the archive are those of its objects and of its compacted files", async () => {
  const blobs = memoryBlobs();
  for (const day of ["2026-11-19", "2026-11-21"])
    await blobs.put(`events/dt=${day}/hour=00/s-1.ndjson.gz`, new Uint8Array(1));
  await blobs.put(`events/dt=2026-11-21/hour=23/s-1.ndjson.gz`, new Uint8Array(1));
  await blobs.put(`${compactedFolder(DAY)}x`, new Uint8Array(1));
  expect(await archivedDays(blobs)).toEqual(["2026-11-19", DAY, "2026-11-21"]);
  expect(await archivedDays(blobs, DAY)).toEqual([DAY, "2026-11-21"]);
});

test("bytes that are no dataset, or end too early, are CORRUPT", () => {
  const header = (...numbers: number[]) => new Uint8Array(Uint32Array.from(numbers).buffer);
  const wrong = (bytes: Uint8Array<ArrayBuffer>, message: RegExp) =>
    expect(() => decodeDataset(bytes, 2, "it")).toThrow(expect.objectContaining({ code: "CORRUPT", message }));
  wrong(new Uint8Array(8), expect.stringMatching(/ends at byte 8/) as unknown as RegExp);
  const at = (pattern: RegExp) => expect.stringMatching(pattern) as unknown as RegExp;
  wrong(header(1, 1, 2, 0), at(/no dataset/));
  wrong(header(0x53445754, 1, 3, 0), at(/have 3 values, not 2/));
  wrong(header(0x53445754, 1, 2, 0, 9, 0, 0, 0), at(/ends at byte 32/));
  wrong(new Uint8Array(new ArrayBuffer(32), 4, 16), at(/multiple of eight/));
});
