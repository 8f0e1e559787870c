import { once } from "node:events";
import http from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { HTTP_LIMITS, type HttpLimits, kinesisHandler } from "./http.ts";

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** The handler on a port of its own, over an operation that waits for `finish`. */
const serve = async (limits: Partial<HttpLimits>) => {
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const operations = async () => {
    await finished;
    return {};
  };
  const server = http.createServer(kinesisHandler(operations, () => {}, { ...HTTP_LIMITS, ...limits }));
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const post = async (bytes: number) => {
    const headers = { "content-type": "application/x-amz-json-1.1" };
    const response = await fetch(`http://127.0.0.1:${port}`, { method: "POST", headers, body: "x".repeat(bytes) });
    return [response.status, ((await response.json()) as { __type?: string }).__type];
  };
  return { port, post, finish };
};

describe("kinesisHandler", () => {
  it("throttles when the bodies under way fill the memory that it may use, and recovers", async () => {
    const { post, finish } = await serve({ heldBytes: 1000 });
    const first = post(900);
    await sleep(50);
    expect(await post(200)).toEqual([400, "ProvisionedThroughputExceededException"]);

    finish();

    expect(await first).toEqual([200, undefined]);
    expect(await post(1000)).toEqual([200, undefined]);
  });

  it("gives back the memory of requests that broke off or were refused", async () => {
    const { post, port, finish } = await serve({ heldBytes: 1000, bodyBytes: 1000 });
    finish();
    for (let attempt = 0; attempt < 5; attempt++) {
      const socket = connect(port, "127.0.0.1");
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 990\r\n\r\n${"x".repeat(900)}`);
      await sleep(20);
      socket.destroy();
      expect((await post(1001))[0]).toBe(413);
    }
    await sleep(20);
    expect(await post(1000)).toEqual([200, undefined]);
  });

  it("cuts off a client that is slower than the deadline", async () => {
    const { port } = await serve({ deadlineMs: 100 });
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx");
    const start = performance.now();
    await once(socket, "close");
    expect(performance.now() - start).toBeGreaterThan(50);
  });
});
