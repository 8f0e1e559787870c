import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@tidewatch/core/errors";
import { kinesisEndpoint } from "@tidewatch/local/kinesis/endpoint";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call, JSON_TYPE, STREAM, startKinesis, TARGET } from "./kinesis-harness.ts";

let kinesis: Awaited<ReturnType<typeof startKinesis>>;
beforeEach(async () => {
  kinesis = await startKinesis();
});
afterEach(() => kinesis.stop());

const overHttp2 = async (session: http2.ClientHttp2Session, operation: string, body: Buffer, type = JSON_TYPE) => {
  const stream = session.request({
    ":method": "POST",
    ":path": "/",
    "content-type": type,
    "x-amz-target": TARGET + operation,
  });
  stream.end(body);
  const chunks: Buffer[] = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  const [headers] = await once(stream, "response");
  await once(stream, "close");
  return { status: headers[":status"], type: headers["content-type"], body: Buffer.concat(chunks) };
};

describe("when the stream cannot store", () => {
  const full = new AppError("UNAVAILABLE", "the disk is full");
  const failing = async (error: Error) => {
    const faults: unknown[] = [];
    const { stream, reader, clock } = { ...kinesis, stream: { putMany: () => Promise.reject(error) } };
    const endpoint = kinesisEndpoint({
      streamName: STREAM,
      stream,
      reader,
      now: () => clock.nowMs,
      onFault: (fault) => faults.push(fault),
    });
    const { url } = await endpoint.listen(0);
    return { url, faults, close: endpoint.close };
  };
  const Records = [
    { PartitionKey: "a", Data: "" },
    { PartitionKey: "b", Data: "" },
  ];

  it("marks every record of PutRecords as failed and fails PutRecord, both to be retried, and reports why", async () => {
    const { url, faults, close } = await failing(full);
    const many = await call(url, "PutRecords", { StreamName: STREAM, Records });
    const one = await call(url, "PutRecord", { StreamName: STREAM, ...Records[0] });
    await close();

    expect([many.status, many.body.FailedRecordCount]).toEqual([200, 2]);
    expect(many.body.Records).toEqual(
      Array(2).fill({ ErrorCode: "InternalFailure", ErrorMessage: "Internal service failure." }),
    );
    expect([one.status, one.body.__type]).toEqual([500, "InternalFailure"]);
    expect(faults).toEqual([full, full]);
  });

  it("reports a bug to whoever runs it and tells the client nothing of it", async () => {
    const { url, faults, close } = await failing(new TypeError("secret path /home/x"));
    const answer = await call(url, "PutRecords", { StreamName: STREAM, Records });
    await close();

    expect([answer.status, answer.body.message]).toEqual([500, "Internal service failure."]);
    expect(faults).toHaveLength(1);
  });
});

describe("stopping and starting", () => {
  it("answers the request that is open, then closes all connections", async () => {
    const session = http2.connect(kinesis.url);
    await overHttp2(session, "ListStreams", Buffer.from("{}"));
    let finishPut = () => {};
    const slow = new Promise<void>((resolve) => {
      finishPut = resolve;
    });
    const stream = { putMany: () => slow.then(() => [{ shardId: "s", sequenceNumber: "1" }]) };
    const endpoint = kinesisEndpoint({
      stream,
      reader: kinesis.reader,
      streamName: STREAM,
      now: () => kinesis.clock.nowMs,
    });
    const { url } = await endpoint.listen(0);
    const put = call(url, "PutRecord", { StreamName: STREAM, PartitionKey: "k", Data: "" });
    await sleep(50);

    const closed = endpoint.close();
    finishPut();

    expect((await put).status).toBe(200);
    await closed;
    await expect(call(url, "ListStreams", {})).rejects.toThrow();
    session.close();
  });

  /** After this time the endpoint breaks off whatever is still open. */
  const HARD_CLOSE_MS = 2000;

  it("has noticed that an HTTP/2 client left in the middle of a request", async () => {
    const endpoint = kinesisEndpoint({
      streamName: STREAM,
      stream: kinesis.stream,
      reader: kinesis.reader,
      now: () => kinesis.clock.nowMs,
    });
    const { url } = await endpoint.listen(0);
    const session = http2.connect(url);
    const stream = session.request({
      ":method": "POST",
      "content-type": JSON_TYPE,
      "x-amz-target": `${TARGET}PutRecord`,
    });
    stream.on("error", () => {}).write("{");
    await once(session, "connect");
    await sleep(50);
    session.destroy();

    const start = performance.now();
    await endpoint.close();

    expect(performance.now() - start).toBeLessThan(HARD_CLOSE_MS);
  });

  it("does not wait for clients that stay connected without a request", async () => {
    const endpoint = kinesisEndpoint({
      streamName: STREAM,
      stream: kinesis.stream,
      reader: kinesis.reader,
      now: () => kinesis.clock.nowMs,
    });
    const { url, port } = await endpoint.listen(0);
    const session = http2.connect(url);
    await once(session, "connect");
    const silent = net.connect(port, "127.0.0.1").on("error", () => {});
    await call(url, "ListStreams", {});

    const start = performance.now();
    await endpoint.close();

    expect(performance.now() - start).toBeLessThan(HARD_CLOSE_MS);
    silent.destroy();
    session.destroy();
  });

  it("says that its port is in use", async () => {
    const second = kinesisEndpoint({
      streamName: STREAM,
      stream: kinesis.stream,
      reader: kinesis.reader,
      now: () => kinesis.clock.nowMs,
    });
    await expect(second.listen(kinesis.port)).rejects.toThrow(`Port ${kinesis.port} on 127.0.0.1 is in use.`);
  });
});
