import type { BusEvent } from "@tidewatch/core/store/ports";
import { eventBridgeBus } from "@tidewatch/functions/aws/event-bridge-bus";
import { describe, expect, it } from "vitest";
import { type Refuse, startEventBridgeServer } from "../support/aws/event-bridge-server.ts";
import { IMPATIENT, ONE_TRY } from "../support/aws/impatient.ts";
import { clientsOf, emulatorEnvironment } from "../support/aws/resources.ts";
import { busContract } from "./bus.ts";

const BUS_NAME = "tidewatch-test";
const open = async () => {
  const server = await startEventBridgeServer();
  server.buses.add(BUS_NAME);
  const client = clientsOf(emulatorEnvironment({ AWS_ENDPOINT_URL_EVENTBRIDGE: server.url })).eventBridge;
  return {
    bus: eventBridgeBus({ client, busName: BUS_NAME }),
    calls: server.calls,
    received: async () => server.events,
    close: async () => {
      client.destroy();
      await server.close();
    },
  };
};

busContract("EventBridge, by a server of our own", open);

describe("the bus on EventBridge", () => {
  it("sends tens, under the source that rules match on and the type as detail type", async () => {
    const { bus, calls, close } = await open();
    const events = Array.from({ length: 21 }, (_, i) => ({
      id: `${i}`,
      type: "drift.detected",
      timeMs: 5,
      detail: {},
    }));
    await bus.publish(events);
    expect(calls.map(({ length }) => length)).toEqual([10, 10, 1]);
    expect(calls[0]![0]).toMatchObject({ Source: "tidewatch", DetailType: "drift.detected" });
    await close();
  });

  it("refuses an event that EventBridge does not take, and publishes none of the call", async () => {
    const { bus, calls, close } = await open();
    const event = (text: string) => ({ id: "a", type: "drift.detected", timeMs: 5, detail: { text } });
    const tooLarge = bus.publish([event("small"), event("é".repeat(131_072))]);
    await expect(tooLarge).rejects.toMatchObject({
      code: "TOO_LARGE",
      message: expect.stringContaining("event 1 has"),
    });
    expect(calls).toEqual([]);
    await close();
  });
});

describe("the bus on EventBridge in trouble", () => {
  const publishTo = async (refuse: Refuse, events: BusEvent[], run: (parts: Parts) => Promise<void>) => {
    const server = await startEventBridgeServer(refuse);
    server.buses.add(BUS_NAME);
    const environment = emulatorEnvironment({ AWS_ENDPOINT_URL_EVENTBRIDGE: server.url, ...ONE_TRY });
    const client = clientsOf(environment).eventBridge;
    const bus = eventBridgeBus({ client, busName: BUS_NAME, backoff: IMPATIENT });
    await run({ server, published: bus.publish(events) });
    client.destroy();
    await server.close();
  };
  type Parts = { server: Awaited<ReturnType<typeof startEventBridgeServer>>; published: Promise<void> };
  const events = Array.from(
    { length: 12 },
    (_, i): BusEvent => ({
      ...{ id: `event ${i}`, type: "drift.detected", timeMs: i, detail: {} },
    }),
  );
  const throttled = "ThrottlingException";

  it("sends again only what was refused", async () => {
    const refuse: Refuse = ({ Detail }, call) => (call === 1 && /event [37]/.test(Detail) ? throttled : undefined);
    await publishTo(refuse, events, async ({ server, published }) => {
      await published;
      expect(server.calls.map(({ length }) => length)).toEqual([10, 2, 2]);
      expect(new Set(server.events.map(({ id }) => id)).size).toBe(12);
      expect(server.events).toHaveLength(12);
    });
  });

  it("says how many events are left when they are refused again and again", async () => {
    await publishTo(
      () => throttled,
      events,
      async ({ server, published }) => {
        await expect(published).rejects.toMatchObject({
          code: "UNAVAILABLE",
          message: expect.stringMatching(/left 10 of 12 events/),
        });
        expect(server.calls).toHaveLength(3);
      },
    );
  });

  it("does not try again what is refused for good", async () => {
    await publishTo(
      ({ Detail }) => (Detail.includes("event 4") ? "MalformedDetail" : undefined),
      events,
      async ({ server, published }) => {
        await expect(published).rejects.toMatchObject({
          code: "INTERNAL",
          message: expect.stringMatching(/for good: MalformedDetail/),
        });
        expect(server.calls).toHaveLength(1);
      },
    );
  });
});
