import { NewKey } from "@tidewatch/core/access/key";
import { createKey } from "@tidewatch/core/access/store";
import type { RecordingRun } from "@tidewatch/local/recording/run";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { startServer } from "@tidewatch/local/runtime/server";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("a local server that requires keys guards its API, and keeps the Kinesis endpoint to this machine", async () => {
  const folder = temporaryFolder();
  const pipeline = await startPipeline({ directory: folder.path });
  const recording = { recording: { faults: [], busy: [] }, evaluation: async () => undefined };
  const server = await startServer(pipeline, {
    ...{ version: "test", host: "0.0.0.0", port: 0, kinesisPort: 0, requireKeys: true, log: () => {} },
    recording: recording as unknown as RecordingRun,
  });
  try {
    expect(server.kinesisUrl).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const url = `http://127.0.0.1:${new URL(server.url).port}`;
    expect((await fetch(`${url}/v1/recording`)).status).toBe(401);
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    const ports = { table: pipeline.table, clock: Date.now, random };
    const { token } = await createKey(ports, NewKey.parse({ name: "page", scopes: ["read"] }));
    const answer = await fetch(`${url}/v1/recording`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toEqual({ labels: { faults: [], busy: [] }, summary: null });
  } finally {
    await server.close();
    await pipeline.close();
    folder.remove();
  }
});
