import { describe, expect, it } from "vitest";
import { guardHost } from "./host-guard.ts";

const statusFor = async (host: string, listensOn = "127.0.0.1") => {
  const guarded = guardHost(() => new Response("page"), listensOn);
  return (await guarded(new Request(`http://${host}/v1/status`))).status;
};

describe("the host guard", () => {
  it.each(["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "10.1.2.3"])("answers to %s", async (host) => {
    expect(await statusFor(host)).toBe(200);
  });

  it("refuses a name that somebody else pointed here", async () => {
    expect(await statusFor("rebound.example:3000")).toBe(421);
    expect(await statusFor("127.0.0.1.example")).toBe(421);
  });

  it("answers to the name that it was told to listen on", async () => {
    expect(await statusFor("metrics.internal", "metrics.internal")).toBe(200);
  });
});
