import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { base64, CBOR_TYPE, call, JSON_TYPE, STREAM, startKinesis, TARGET } from "./kinesis-harness.ts";

let kinesis: Awaited<ReturnType<typeof startKinesis>>;
beforeEach(async () => {
  kinesis = await startKinesis();
});
afterEach(() => kinesis.stop());

const http1Call = (operation: string, body: string): string =>
  `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${JSON_TYPE}\r\nX-Amz-Target: ${TARGET}${operation}\r\n` +
  `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

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

describe("CBOR written by hand", () => {
  /* RFC 8949: a map of 3, then text keys and values; bytes of the data are "tide". */
  const put = Buffer.concat([
    Buffer.from([0xa3, 0x6a]),
    Buffer.from("StreamName"),
    Buffer.from([0x70]),
    Buffer.from(STREAM),
    Buffer.from([0x6c]),
    Buffer.from("PartitionKey"),
    Buffer.from([0x61]),
    Buffer.from("k"),
    Buffer.from([0x64]),
    Buffer.from("Data"),
    Buffer.from([0x44]),
    Buffer.from("tide"),
  ]);
  const send = (operation: string, body: Buffer) =>
    fetch(kinesis.url, {
      method: "POST",
      headers: { "content-type": CBOR_TYPE, "x-amz-target": TARGET + operation },
      body: new Uint8Array(body),
    });

  it("stores the bytes as they are and answers in CBOR", async () => {
    const response = await send("PutRecord", put);
    const answer = Buffer.from(await response.arrayBuffer());

    expect([response.status, response.headers.get("content-type")]).toEqual([200, CBOR_TYPE]);
    expect(answer.toString("latin1")).toContain("gShardIdtshardId-");
    const [record] = kinesis.reader
      .shardIds()
      .flatMap((id) => kinesis.reader.read(id, undefined, { records: 9, bytes: 999 }));
    expect([record!.partitionKey, Buffer.from(record!.data).toString()]).toEqual(["k", "tide"]);
  });

  it("reads times as tagged milliseconds", async () => {
    await call(kinesis.url, "PutRecord", {
      StreamName: STREAM,
      PartitionKey: "k",
      ExplicitHashKey: "0",
      Data: base64("x"),
    });
    const where = { StreamName: STREAM, ShardId: "shardId-0", ShardIteratorType: "TRIM_HORIZON" };
    const { ShardIterator } = (await call(kinesis.url, "GetShardIterator", where)).body;
    // A1, "ShardIterator", 79 <length>, the token
    const body = Buffer.concat([
      Buffer.from([0xa1, 0x6d]),
      Buffer.from("ShardIterator"),
      Buffer.from([0x79, 0, 0]),
      Buffer.from(ShardIterator),
    ]);
    body.writeUInt16BE(ShardIterator.length, 16);

    const answer = Buffer.from(await (await send("GetRecords", body)).arrayBuffer());

    const arrival = Buffer.alloc(10, 0xc1);
    arrival[1] = 0x1b;
    arrival.writeBigUInt64BE(BigInt(kinesis.clock.nowMs), 2);
    expect(answer.includes(arrival)).toBe(true);
  });

  it("answers errors in CBOR too", async () => {
    const response = await send("PutRecord", Buffer.from("9bffffffffffffffff", "hex"));
    expect([response.status, response.headers.get("x-amzn-errortype")]).toEqual([400, "SerializationException"]);
    expect(Buffer.from(await response.arrayBuffer()).toString("latin1")).toContain("Malformed CBOR");
  });
});

describe("one port for two protocols", () => {
  it("speaks HTTP/2 and HTTP/1.1 side by side", async () => {
    const session = http2.connect(kinesis.url);
    const body = Buffer.from(JSON.stringify({}));
    const both = await Promise.all([overHttp2(session, "ListStreams", body), call(kinesis.url, "ListStreams", {})]);
    session.close();

    expect(JSON.parse(both[0].body.toString()).StreamNames).toEqual([STREAM]);
    expect(both[1].body.StreamNames).toEqual([STREAM]);
  });

  it("takes many large calls at once on one HTTP/2 session", async () => {
    // The limit of the client itself, of which it would refuse its own streams.
    const session = http2.connect(kinesis.url, { maxSessionMemory: 256 });
    const data = Buffer.alloc(500_000).toString("base64");
    const Records = Array.from({ length: 10 }, (_, index) => ({ PartitionKey: `${index}`, Data: data }));
    const body = Buffer.from(JSON.stringify({ StreamName: STREAM, Records }));
    const answers = await Promise.all(Array.from({ length: 8 }, () => overHttp2(session, "PutRecords", body)));
    session.close();

    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const counts = kinesis.reader.shardIds().map((id) => {
      const last = kinesis.reader.latestSequenceNumber(id);
      return last ? Number(last.slice(-16)) : 0;
    });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(80);
  }, 30_000);

  it("recognises a protocol whose first bytes come one at a time", async () => {
    const socket = net.connect(kinesis.port, "127.0.0.1").setNoDelay(true);
    const request = http1Call("ListStreams", "{}");
    for (const byte of request.slice(0, 6)) {
      socket.write(byte);
      await sleep(5);
    }
    socket.write(request.slice(6));
    const [answer] = await once(socket, "data");
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it("answers two requests of one connection, sent together, in their order", async () => {
    const socket = net.connect(kinesis.port, "127.0.0.1");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.end(http1Call("ListStreams", "{}") + http1Call("DescribeStream", '{"StreamName":"other"}'));
    await once(socket, "close");
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 400"]);
  });
});

describe("clients that misbehave", () => {
  const stillServes = async () => expect((await call(kinesis.url, "ListStreams", {})).status).toBe(200);

  it("survives bytes of no protocol, and connections that end at once or in the middle", async () => {
    for (const bytes of [
      "",
      "P",
      "PR",
      "\x16\x03\x01\x02\x00 a TLS hello",
      "PRI * HTTP/2.0\r\n\r\nnonsense",
      http1Call("PutRecord", "{}").slice(0, -1),
    ]) {
      const socket = net.connect(kinesis.port, "127.0.0.1").on("error", () => {});
      socket.on("data", () => {});
      socket.write(bytes);
      await sleep(10);
      socket.destroy();
    }
    await stillServes();
  });

  it("stores nothing of a body that breaks off", async () => {
    const body = JSON.stringify({ StreamName: STREAM, PartitionKey: "k", Data: base64("half") });
    const socket = net.connect(kinesis.port, "127.0.0.1");
    socket.write(http1Call("PutRecord", body).slice(0, -5));
    await sleep(20);
    socket.resetAndDestroy();
    const session = http2.connect(kinesis.url);
    const stream = session.request({
      ":method": "POST",
      "content-type": JSON_TYPE,
      "x-amz-target": `${TARGET}PutRecord`,
    });
    stream.on("error", () => {}).write(body.slice(0, -5));
    await sleep(20);
    session.destroy();
    await stillServes();
    expect(kinesis.reader.shardIds().map((id) => kinesis.reader.latestSequenceNumber(id))).toEqual(
      Array(4).fill(undefined),
    );
    expect(kinesis.faults).toEqual([]);
  });

  it("refuses a body by its declared length before it comes", async () => {
    const socket = net.connect(kinesis.port, "127.0.0.1");
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${JSON_TYPE}\r\nX-Amz-Target: ${TARGET}PutRecords\r\nContent-Length: 999999999\r\n\r\n`,
    );
    const [answer] = await once(socket, "data");
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413/);
  });
});
