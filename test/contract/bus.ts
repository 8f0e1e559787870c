import type { Bus, BusEvent, Clock } from "@tidewatch/core/store/ports";
import { describe, expect, it } from "vitest";

const NOW_MS = Date.UTC(2026, 10, 20, 10);

export type OpenBus = {
  bus: Bus;
  /** What was published since this was opened, at least that many; in any order, repeats included. */
  received(atLeast: number): Promise<BusEvent[]>;
  close(): Promise<void>;
};

/** What every Bus must do. `open` gives one with nothing published that `received` would see. */
export const busContract = (name: string, open: () => Promise<OpenBus>): void => {
  const test = (title: string, run: (opened: OpenBus) => Promise<void>): void =>
    it(title, async () => {
      const opened = await open();
      try {
        await run(opened);
      } finally {
        await opened.close();
      }
    });
  const event = (id: string, detail: Record<string, unknown> = {}): BusEvent => ({
    ...{ id, type: "model.registered", timeMs: NOW_MS + 7, detail },
  });
  const byId = (events: BusEvent[]) => [...events].sort((a, b) => (a.id < b.id ? -1 : 1));

  describe(`${name}: publish`, () => {
    test("hands on an event as it was published, to the millisecond", async ({ bus, received }) => {
      const published = event("a", { name: "é 🌊", n: 1.5, none: null, list: [1, { deep: true }] });
      await bus.publish([published]);
      expect(await received(1)).toEqual([published]);
    });

    test("hands on every event of a large call", async ({ bus, received }) => {
      const published = Array.from({ length: 47 }, (_, i) => event(`event-${String(i).padStart(2, "0")}`, { i }));
      await bus.publish(published);
      expect(byId(await received(47))).toEqual(published);
    });

    test("hands on events that are large together", async ({ bus, received }) => {
      const published = ["a", "b", "c", "d"].map((id) => event(id, { text: "é".repeat(50_000) }));
      await bus.publish(published);
      expect(byId(await received(4))).toEqual(published);
    });

    test("publishes nothing when there is nothing to publish", async ({ bus, received }) => {
      await bus.publish([]);
      expect(await received(0)).toEqual([]);
    });
  });
};

/** `restart` ends the bus as a new process would find it; subscribers of before must subscribe again. */
export type OpenDelivery = {
  bus: Bus;
  subscribe(name: string, handler: (event: BusEvent) => Promise<void> | void): void;
  idle(): Promise<void>;
  restart(): Promise<OpenDelivery>;
  close(): Promise<void>;
};

/** What every bus must do that delivers by itself. `open` gives a fresh one that tries a refused event at least twice. */
export const deliveryContract = (name: string, open: (now: Clock) => Promise<OpenDelivery>): void => {
  const event = (id: string): BusEvent => ({
    id,
    type: "model.registered",
    timeMs: NOW_MS,
    detail: { name: "é", n: 1 },
  });
  const test = (title: string, run: (opened: OpenDelivery) => Promise<void>): void =>
    it(title, async () => {
      const opened = await open(() => NOW_MS);
      await run(opened);
    });
  const collector = () => {
    const ids: string[] = [];
    return { ids, handler: (received: BusEvent) => void ids.push(received.id) };
  };

  describe(`${name}: delivery`, () => {
    test("delivers each event to each subscriber, as it was published and in order", async (opened) => {
      const received: BusEvent[] = [];
      const other = collector();
      opened.subscribe("one", (got) => void received.push(got));
      opened.subscribe("two", other.handler);
      await opened.bus.publish([event("a"), event("b")]);
      await opened.bus.publish([event("c")]);
      await opened.idle();
      expect(received).toEqual([event("a"), event("b"), event("c")]);
      expect(other.ids).toEqual(["a", "b", "c"]);
      await opened.close();
    });

    test("delivers an id once to each subscriber, however often it is published", async (opened) => {
      const { ids, handler } = collector();
      opened.subscribe("one", handler);
      await opened.bus.publish([event("a"), event("a")]);
      await opened.idle();
      await opened.bus.publish([event("a"), event("b")]);
      await opened.idle();
      const again = await opened.restart();
      again.subscribe("one", handler);
      await again.bus.publish([event("a")]);
      await again.idle();
      expect(ids).toEqual(["a", "b"]);
      await again.close();
    });

    test("delivers after a restart what was published before it, and not what was done", async (opened) => {
      const first = collector();
      opened.subscribe("one", first.handler);
      await opened.bus.publish([event("a")]);
      await opened.idle();
      const between = await opened.restart();
      await between.bus.publish([event("b")]);
      const after = await between.restart();
      const second = collector();
      after.subscribe("one", second.handler);
      await after.idle();
      expect([first.ids, second.ids]).toEqual([["a"], ["b"]]);
      await after.close();
    });

    test("tries an event again when the handler throws, before those that follow", async (opened) => {
      const tries: string[] = [];
      opened.subscribe("one", ({ id }) => {
        tries.push(id);
        if (tries.length === 1) throw new Error("not yet");
      });
      await opened.bus.publish([event("a"), event("b")]);
      await opened.idle();
      expect(tries).toEqual(["a", "a", "b"]);
      await opened.close();
    });

    test("a subscriber that refuses an event for ever stops neither itself nor others", async (opened) => {
      const other = collector();
      const done: string[] = [];
      opened.subscribe("refuses", ({ id }) => {
        if (id === "a") throw new Error("never");
        done.push(id);
      });
      opened.subscribe("other", other.handler);
      await opened.bus.publish([event("a"), event("b")]);
      await opened.idle();
      expect([done, other.ids]).toEqual([["b"], ["a", "b"]]);
      await opened.close();
    });

    test("a handler may publish", async (opened) => {
      const { ids, handler } = collector();
      opened.subscribe("one", async (received) => {
        handler(received);
        if (received.id === "a") await opened.bus.publish([event("b")]);
      });
      await opened.bus.publish([event("a")]);
      await opened.idle();
      expect(ids).toEqual(["a", "b"]);
      await opened.close();
    });

    test("a new subscriber begins with what is published after it", async (opened) => {
      await opened.bus.publish([event("a")]);
      const { ids, handler } = collector();
      opened.subscribe("one", handler);
      await opened.bus.publish([event("b")]);
      await opened.idle();
      expect(ids).toEqual(["b"]);
      await opened.close();
    });
  });
};
