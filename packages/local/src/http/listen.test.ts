import { AppError } from "@tidewatch/core/errors";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { listen } from "./listen.ts";

const app = new Hono().get("/hello", (context) => context.text("tide"));

describe("listen", () => {
  it("serves the app on the address that it reports", async () => {
    const server = await listen(app, 0, "127.0.0.1");

    expect(await (await fetch(`${server.url}/hello`)).text()).toBe("tide");
    await server.close();
    await expect(fetch(`${server.url}/hello`)).rejects.toThrow();
  });

  it("says that a port is in use and what to do", async () => {
    const first = await listen(app, 0, "127.0.0.1");
    const port = Number(new URL(first.url).port);

    const second = listen(app, port, "127.0.0.1");

    await expect(second).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use.`);
    await expect(second).rejects.toBeInstanceOf(AppError);
    await first.close();
  });
});
