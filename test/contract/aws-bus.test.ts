import { eventBridgeBus } from "@tidewatch/functions/aws/event-bridge-bus";
import { describe, expect, it } from "vitest";
import { startEventBridgeServer } from "../support/aws/event-bridge-server.ts";
import { clientsOf, emulatorEnvironment } from "../support/aws/resources.ts";
import { busContract } from "./bus.ts";

const BUS_NAME = "tidewatch-test";
const open = async () => {
  const server = await startEventBridgeServer(BUS_NAME);
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
