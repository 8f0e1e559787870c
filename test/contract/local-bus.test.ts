import { join } from "node:path";
import type { BusEvent, Clock } from "@tidewatch/core/store/ports";
import { openLocalBus } from "@tidewatch/local/bus/local-bus";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { busContract, deliveryContract, type OpenDelivery } from "./bus.ts";

const RETRY_WAITS_MS = [1, 1];
const folders: ReturnType<typeof temporaryFolder>[] = [];
afterAll(() => {
  for (const { remove } of folders) remove();
});

const reopenable = (path: string, now: Clock): OpenDelivery => {
  const opened = openLocalBus(path, { now, retryWaitsMs: RETRY_WAITS_MS });
  const restart = async () => {
    await opened.close();
    return reopenable(path, now);
  };
  return { ...opened, restart };
};

busContract("local bus", async () => {
  const folder = temporaryFolder();
  folders.push(folder);
  const { bus, subscribe, idle, close } = openLocalBus(join(folder.path, "bus.sqlite"), { now: Date.now });
  const events: BusEvent[] = [];
  subscribe("test", (event) => void events.push(event));
  const received = async () => {
    await idle();
    return events;
  };
  return { bus, received, close };
});

deliveryContract("local bus", async (now) => {
  const folder = temporaryFolder();
  folders.push(folder);
  return reopenable(join(folder.path, "bus.sqlite"), now);
});

describe("local bus", () => {
  const event = (id: string): BusEvent => ({ id, type: "drift.detected", timeMs: 5, detail: {} });
  let folder: ReturnType<typeof temporaryFolder>;
  let path: string;
  beforeEach(() => {
    folder = temporaryFolder();
    path = join(folder.path, "bus.sqlite");
  });
  afterEach(() => folder.remove());

  it("keeps what a subscriber refused to the end, with the reason", async () => {
    const { bus, subscribe, idle, deadLetters, close } = openLocalBus(path, { now: Date.now, retryWaitsMs: [] });
    subscribe("one", () => {
      throw new Error("no such detector");
    });
    await bus.publish([event("a")]);
    await idle();
    expect(deadLetters("one")).toEqual([{ event: event("a"), reason: "no such detector" }]);
    expect(deadLetters("two")).toEqual([]);
    await close();
  });

  it("an event whose retries were cut short by closing is delivered at the next start", async () => {
    const first = openLocalBus(path, { now: Date.now, retryWaitsMs: [60_000] });
    let tried = () => {};
    const firstTry = new Promise<void>((resolve) => {
      tried = resolve;
    });
    first.subscribe("one", () => {
      tried();
      throw new Error("not now");
    });
    await first.bus.publish([event("a")]);
    await firstTry;
    await first.close();
    const second = openLocalBus(path, { now: Date.now });
    const ids: string[] = [];
    second.subscribe("one", ({ id }) => void ids.push(id));
    await second.idle();
    expect([ids, second.deadLetters("one")]).toEqual([["a"], []]);
    await second.close();
  });

  it("finds what another connection published", async () => {
    const here = openLocalBus(path, { now: Date.now, pollMs: 5 });
    const elsewhere = openLocalBus(path, { now: Date.now });
    const received = new Promise<string>((resolve) => here.subscribe("one", ({ id }) => resolve(id)));
    await elsewhere.bus.publish([event("a")]);
    expect(await received).toBe("a");
    await elsewhere.close();
    await here.close();
  });

  it("refuses a second handler of one name", async () => {
    const { subscribe, close } = openLocalBus(path, { now: Date.now });
    subscribe("one", () => {});
    expect(() => subscribe("one", () => {})).toThrowError(/a subscriber one already/);
    await close();
  });

  it("forgets events after a week, but none that a subscriber has yet to get", async () => {
    let nowMs = 0;
    const now = () => nowMs;
    const first = openLocalBus(path, { now });
    first.subscribe("gone for long", () => {});
    await first.idle();
    await first.close();
    const second = openLocalBus(path, { now });
    await second.bus.publish([event("a")]);
    nowMs = 8 * 24 * 3_600_000;
    await second.bus.publish([event("b")]);
    const ids: string[] = [];
    second.subscribe("gone for long", ({ id }) => void ids.push(id));
    await second.idle();
    await second.bus.publish([event("c")]);
    await second.bus.publish([event("a")]);
    await second.idle();
    // "a" was delivered and is over a week old, so its id is free again.
    expect(ids).toEqual(["a", "b", "c", "a"]);
    await second.close();
  });
});
