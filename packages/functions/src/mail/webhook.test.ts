import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { isAllowedAddress } from "./allowed-address.ts";
import { httpWebhook } from "./webhook.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, call: number) => void;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const receiver = async (answer: Answer) => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      answer(request, response, bodies.length);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret`, bodies };
};

const webhook = httpWebhook({ allowLoopback: true, retryWaitsMs: [1, 1], timeoutMs: 300 });

describe("a webhook", () => {
  it("gets JSON by POST", async () => {
    const { url, bodies } = await receiver(({ method, headers }, response) => {
      response.writeHead(method === "POST" && headers["content-type"] === "application/json" ? 200 : 400).end("ok");
    });
    await webhook.post(url, { text: "größer" });
    expect(bodies).toEqual(['{"text":"größer"}']);
  });

  it("is tried again while it is in trouble, and then given up for now", async () => {
    const soon = await receiver((_, response, call) => response.writeHead(call < 3 ? 503 : 204).end());
    await webhook.post(soon.url, {});
    expect(soon.bodies).toHaveLength(3);
    const never = await receiver((_, response) => response.writeHead(429).end());
    await expect(webhook.post(never.url, {})).rejects.toMatchObject({ code: "UNAVAILABLE", message: /answered 429/ });
    expect(never.bodies).toHaveLength(3);
  });

  it("is not tried again when it refuses, and its address is in no message", async () => {
    const { url, bodies } = await receiver((_, response) => response.writeHead(404).end("no_service"));
    const failure = webhook.post(url, {});
    await expect(failure).rejects.toMatchObject({ code: "VALIDATION", message: "the webhook answered 404" });
    expect(bodies).toHaveLength(1);
  });

  it("leads nowhere else by a redirect", async () => {
    const other = await receiver((_, response) => response.writeHead(200).end());
    const { url } = await receiver((_, response) => response.writeHead(307, { location: other.url }).end());
    await expect(webhook.post(url, {})).rejects.toThrow(/redirect \(307\), which is not followed/);
    expect(other.bodies).toEqual([]);
  });

  it("may take its time, but not for ever", async () => {
    const { url } = await receiver(() => {});
    await expect(webhook.post(url, {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is away when nothing answers there", async () => {
    const { url } = await receiver((_, response) => response.writeHead(200).end());
    closers.splice(0).forEach((close) => void close());
    await expect(webhook.post(url, {})).rejects.toThrow(/cannot be reached \(ECONNREFUSED\)/);
  });

  it.each(["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0.0.0.0"])(
    "of a deployment does not lead to %s",
    async (host) => {
      const { url, bodies } = await receiver((_, response) => response.writeHead(200).end());
      const there = new URL(url);
      there.hostname = host;
      const deployed = httpWebhook({ allowLoopback: false, retryWaitsMs: [] });
      await expect(deployed.post(there.href, {})).rejects.toMatchObject({ code: "VALIDATION", message: /private/ });
      expect(bodies).toEqual([]);
    },
  );

  it("never leads to the place of a cloud's credentials", async () => {
    await expect(webhook.post("http://169.254.169.254/latest/meta-data", {})).rejects.toThrow(/private network/);
    await expect(webhook.post("http://[fd00:ec2::254]/", {})).rejects.toThrow(/private network/);
  });
});

describe("addresses that a webhook may reach", () => {
  it.each([
    ["93.184.216.34", true, true],
    ["2606:2800:220:1::1", true, true],
    ["127.8.8.8", true, false],
    ["::1", true, false],
    ["::ffff:127.0.0.1", true, false],
    ["10.1.2.3", false, false],
    ["172.31.255.255", false, false],
    ["172.32.0.1", true, true],
    ["192.168.1.1", false, false],
    ["100.64.0.1", false, false],
    ["169.254.169.254", false, false],
    ["::ffff:169.254.169.254", false, false],
    ["64:ff9b::a9fe:a9fe", false, false],
    ["64:ff9b:1::a9fe:a9fe", false, false],
    ["2001:0:a9fe:a9fe::1", false, false],
    ["2002:a9fe:a9fe::1", false, false],
    ["::127.0.0.1", false, false],
    ["::ffff:0:127.0.0.1", false, false],
    ["::ffff:93.184.216.34", true, true],
    ["fec0::1", false, false],
    ["fe80::1", false, false],
    ["fc00::1", false, false],
    ["255.255.255.255", false, false],
    ["not an address", false, false],
  ])("%s: here %s, in a deployment %s", (address, here, deployed) => {
    expect([isAllowedAddress(address, true), isAllowedAddress(address, false)]).toEqual([here, deployed]);
  });
});
