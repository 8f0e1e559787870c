import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kinesisEndpoint } from "@tidewatch/local/kinesis/endpoint";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";

/** Credentials that no service knows: the endpoint checks none, but every SDK insists on some. */
export const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };
export const STREAM = "tidewatch-events";
export const TARGET = "Kinesis_20131202.";
export const JSON_TYPE = "application/x-amz-json-1.1";
export const CBOR_TYPE = "application/x-amz-cbor-1.1";

/** A real stream in a file behind a real endpoint on a free port. `clock.nowMs` moves only when a test moves it. */
export const startKinesis = async () => {
  const directory = await mkdtemp(join(tmpdir(), "tidewatch-kinesis-"));
  const clock = { nowMs: Date.UTC(2026, 10, 21, 12, 0, 0) };
  const faults: unknown[] = [];
  const now = () => clock.nowMs;
  const { stream, reader, close } = openSqliteStream(join(directory, "stream.db"), { shards: 4, now });
  const endpoint = kinesisEndpoint({ stream, reader, streamName: STREAM, now, onFault: (error) => faults.push(error) });
  const { url, port } = await endpoint.listen(0);
  return {
    url,
    port,
    clock,
    faults,
    stream,
    reader,
    stop: async () => {
      await endpoint.close();
      await close();
      await rm(directory, { recursive: true });
    },
  };
};

/** One call in JSON over HTTP/1.1, as any program could make it. */
export const call = async (url: string, operation: string, input: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": JSON_TYPE, "x-amz-target": TARGET + operation, ...headers },
    body: typeof input === "string" ? input : JSON.stringify(input),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: answers of all shapes are looked into by the tests
  return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : undefined) as any };
};

export const base64 = (text: string): string => Buffer.from(text).toString("base64");
