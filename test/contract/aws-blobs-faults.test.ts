import { s3Blobs } from "@tidewatch/functions/aws/s3-blobs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { IMPATIENT, ONE_TRY } from "../support/aws/impatient.ts";
import { type Loopback, type Reply, xmlFailure } from "../support/aws/loopback.ts";
import { type FaultProxy, type Intercept, startProxy } from "../support/aws/proxy.ts";
import { clientsOf, emulatorEnvironment } from "../support/aws/resources.ts";
import { startS3Server } from "../support/aws/s3-server.ts";

let server: Loopback;
let proxy: FaultProxy;
let client: ReturnType<typeof clientsOf>["s3"];
let oneTry: typeof client;
beforeEach(async () => {
  server = await startS3Server();
  proxy = await startProxy(server.url);
  const endpointUrl = { AWS_ENDPOINT_URL_S3: proxy.url };
  client = clientsOf(emulatorEnvironment(endpointUrl)).s3;
  oneTry = clientsOf(emulatorEnvironment({ ...endpointUrl, ...ONE_TRY })).s3;
});
afterEach(async () => {
  for (const one of [client, oneTry]) one.destroy();
  await proxy.close();
  await server.close();
});

const open = () => s3Blobs({ client, bucket: "bucket", backoff: IMPATIENT });
const openOneTry = () => s3Blobs({ client: oneTry, bucket: "bucket", backoff: IMPATIENT });
const bytes = (text: string) => new TextEncoder().encode(text);
const text = async (key: string) => Buffer.from((await open().get(key))!).toString();
/** The first `times` calls of a method are answered by `answer`, the others passed on. */
const first = (times: number, method: string, answer: (forward: () => Promise<Reply>) => ReturnType<Intercept>) => {
  let calls = 0;
  proxy.intercept = async (call, forward) =>
    call.method === method && calls++ < times ? await answer(forward) : await forward();
};
const lose = async (forward: () => Promise<Reply>): Promise<"hang-up"> => {
  await forward();
  return "hang-up";
};

test("a putIfAbsent whose answer was lost has written, unless what is there is another's", async () => {
  first(1, "PUT", lose);
  expect(await open().putIfAbsent("k", bytes("mine"))).toBe(true);
  first(1, "PUT", lose);
  expect(await open().putIfAbsent("k", bytes("another's"))).toBe(false);
  expect(await text("k")).toBe("mine");
});

test("a race with another writer is tried again until it is known who has won", async () => {
  first(2, "PUT", async () => xmlFailure("ConditionalRequestConflict", 409));
  expect(await open().putIfAbsent("k", bytes("mine"))).toBe(true);
  first(2, "PUT", async () => xmlFailure("ConditionalRequestConflict", 409));
  expect(await open().putIfAbsent("k", bytes("mine too"))).toBe(false);
  first(99, "PUT", async () => xmlFailure("ConditionalRequestConflict", 409));
  await expect(open().putIfAbsent("k", bytes("never"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("of a large object only the part that failed is sent again", async () => {
  first(1, "PUT", async () => xmlFailure("InternalError", 500));
  await open().put("large", Buffer.alloc(20 * 1024 * 1024, "tide"));
  const parts = proxy.calls.filter(({ method }) => method === "PUT").map(({ query }) => query.get("partNumber"));
  expect(parts.sort()).toHaveLength(4);
  expect(new Set(parts)).toEqual(new Set(["1", "2", "3"]));
  expect((await open().get("large"))!.length).toBe(20 * 1024 * 1024);
});

test("an upload in parts that fails leaves no object and takes its parts away", async () => {
  proxy.intercept = async ({ method, query }, forward) =>
    method === "PUT" && query.get("partNumber") === "2" ? xmlFailure("SlowDown", 503) : await forward();
  const put = openOneTry().put("large", Buffer.alloc(20 * 1024 * 1024, "tide"));
  await expect(put).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await openOneTry().get("large")).toBeUndefined();
  expect(proxy.calls.some(({ method, query }) => method === "DELETE" && query.has("uploadId"))).toBe(true);
});

test("bytes that were damaged on the way are not handed out, nor kept", async () => {
  await open().put("k", bytes("whole"));
  const damage = (reply: Reply): Reply => ({ ...reply, body: Buffer.from("whale") });
  proxy.intercept = async (_call, forward) => damage(await forward());
  await expect(open().get("k")).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/object k came damaged or in part: try again/),
  });
  // To the server that compares it, a checksum of other bytes is the same as damaged bytes.
  proxy.intercept = async (call, forward) => {
    call.headers["x-amz-checksum-crc32"] = "AAAAAA==";
    return await forward();
  };
  await expect(openOneTry().put("k", bytes("other"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
  proxy.intercept = (_call, forward) => forward();
  expect(await text("k")).toBe("whole");
});

test("what passes is tried again; what lasts is UNAVAILABLE, and what is wrong too, with the next step", async () => {
  first(1, "PUT", async () => xmlFailure("SlowDown", 503));
  await open().put("k", bytes("x"));
  expect(await text("k")).toBe("x");
  first(99, "GET", async () => xmlFailure("SlowDown", 503));
  await expect(openOneTry().get("k")).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/bucket bucket .*SlowDown/),
  });
  await expect(openOneTry().list("")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  first(99, "GET", async () => xmlFailure("NoSuchBucket", 404));
  await expect(openOneTry().get("k")).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/is not there: deploy the stage/),
  });
  first(99, "GET", async () => xmlFailure("AccessDenied", 403));
  await expect(openOneTry().get("k")).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/give the function's role/),
  });
});
