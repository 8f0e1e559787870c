import { PutObjectCommand } from "@aws-sdk/client-s3";
import { s3Blobs } from "@tidewatch/functions/aws/s3-blobs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { partOfBucket } from "../support/aws/adapters.ts";
import { startS3Emulator } from "../support/aws/emulators.ts";
import { FAUXQS_GAPS } from "../support/aws/gaps.ts";
import type { Loopback } from "../support/aws/loopback.ts";
import { type Clients, clientsOf, createResources, emulatorEnvironment } from "../support/aws/resources.ts";
import { startS3Server } from "../support/aws/s3-server.ts";
import { blobsContract } from "./blobs.ts";

const opened: { server: Loopback; clients: Clients }[] = [];
const open = async (server: Loopback) => {
  const clients = clientsOf(emulatorEnvironment({ AWS_ENDPOINT_URL_S3: server.url }));
  opened.push({ server, clients });
  return clients;
};
let ours: Clients;
let fauxqs: Clients;
let bucket: string;
beforeAll(async () => {
  ours = await open(await startS3Server());
  fauxqs = await open(await startS3Emulator());
  bucket = (await createResources(fauxqs, ["bucket"])).bucket!;
});
afterAll(async () => {
  for (const { server, clients } of opened) {
    clients.s3.destroy();
    await server.close();
  }
});

blobsContract("S3, by a server of our own", async () => partOfBucket(ours.s3, "bucket"));
blobsContract("S3, by fauxqs", async () => partOfBucket(fauxqs.s3, bucket), FAUXQS_GAPS);

describe("the gaps of fauxqs", () => {
  it("are there: it ignores If-None-Match, and sorts keys by language", async () => {
    await fauxqs.s3.send(new PutObjectCommand({ Bucket: bucket, Key: "gap", Body: "first" }));
    await fauxqs.s3.send(new PutObjectCommand({ Bucket: bucket, Key: "gap", Body: "second", IfNoneMatch: "*" }));
    const blobs = s3Blobs({ client: fauxqs.s3, bucket });
    expect(Buffer.from((await blobs.get("gap"))!).toString()).toBe("second");
    for (const key of ["order/a", "order/B"]) await blobs.put(key, new Uint8Array(1));
    expect(await blobs.list("order/")).toEqual(["order/a", "order/B"]);
  });
});

describe("objects on S3", () => {
  it("goes in parts when it is large, and comes back whole; absent or not, it is one object", async () => {
    const blobs = s3Blobs({ client: ours.s3, bucket: "bucket" });
    const large = Buffer.alloc(17 * 1024 * 1024, "tide water ");
    await blobs.put("large", large);
    expect(Buffer.from((await blobs.get("large"))!).equals(large)).toBe(true);
    expect(await blobs.putIfAbsent("large", large.subarray(1))).toBe(false);
    expect(await blobs.putIfAbsent("large-2", large)).toBe(true);
    expect((await blobs.get("large-2"))!.length).toBe(large.length);
  });

  it("lists more keys than a page holds, and keys that XML cannot hold", async () => {
    const blobs = s3Blobs({ client: ours.s3, bucket: "bucket" });
    const keys = Array.from({ length: 1005 }, (_, i) => `many/${String(i).padStart(4, "0")} a+b%20\u0001`);
    // Not all at once: the server shares this thread, and connections are given up after two seconds.
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => blobs.put(key, new Uint8Array(1))));
    }
    expect(await blobs.list("many/")).toEqual(keys);
    expect(await blobs.list("many/", { after: keys[2]!, limit: 1001 })).toEqual(keys.slice(3, 1004));
    expect(await blobs.list("many/", { limit: 0 })).toEqual([]);
  });

  it("refuses keys that S3 does not take, before anything is sent", async () => {
    const blobs = s3Blobs({ client: ours.s3, bucket: "bucket" });
    for (const key of ["", "é".repeat(513), "\ud800"]) {
      await expect(blobs.get(key)).rejects.toMatchObject({ code: "VALIDATION" });
      await expect(blobs.put(key, new Uint8Array(1))).rejects.toMatchObject({ code: "VALIDATION" });
    }
  });
});
