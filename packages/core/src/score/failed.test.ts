import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, distanceScorer, metric, record, scorePorts } from "../../../../test/support/scoring.ts";
import { AppError } from "../errors.ts";
import { totalCounts } from "../store/counts.ts";
import { headKey } from "../store/keys.ts";
import type { Item, StreamRecord, Table } from "../store/ports.ts";
import { readHead } from "../store/read-series.ts";
import { scoreBatch } from "./run.ts";

const host = detector({});
const portsOf = (table: Table) => scorePorts(table, [host], []);
const entityOf = (n: number) => `host-${n % 40}`;
const recordsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, n) =>
    record(first + n, metric(entityOf(first + n), first + n, { cpu: 50, memory: n })),
  );
const numbersOf = (records: readonly StreamRecord[]) => records.map(({ sequenceNumber }) => sequenceNumber);

/** Replaces a series' head by a changed one. */
const change = async (table: Table, entity: string, parts: (head: Item) => Partial<Item>) => {
  const [head] = await table.getMany([headKey("host", entity)]);
  await table.putMany([{ item: { ...head!, ...parts(head!) }, condition: { kind: "any" } }]);
};
const eventsOf = async (table: Table, entities: readonly string[]) => {
  const heads = await Promise.all(entities.map((entity) => readHead(table, "host", entity)));
  return heads.reduce((sum, head) => sum + head!.counts.events, 0);
};

describe("scoreBatch, when a series cannot go on,", () => {
  it("scores all others, gives its records back in order with the reason, and counts each once", async () => {
    const table = memoryTable();
    await scoreBatch(portsOf(table), recordsFrom(0, 40));
    await change(table, "host-7", ({ bytes }) => ({ bytes: bytes!.slice(0, 20) }));
    await change(table, "host-9", () => ({ version: 5 }));
    const batch = recordsFrom(40, 4000);
    const isBad = (_: unknown, n: number) => [7, 9].includes(n % 40);
    const report = await scoreBatch(portsOf(table), batch);
    expect(report).toMatchObject({ deliveries: 4000, repeated: 0, seriesWritten: 38, series: { events: 3800 } });
    expect(numbersOf(report.failed.map((one) => one.record))).toEqual(numbersOf(batch.filter(isBad)));
    expect(report.failed[0]!.reason).toContain("entity host-7: the head of SERIES#host#host-7 is corrupt");
    const good = Array.from({ length: 40 }, (_, n) => entityOf(n)).filter((_, n) => n !== 7 && n !== 9);
    expect(await eventsOf(table, good)).toBe(38 + 3800);
    const counts = { received: 4040, invalid: 0, unmatched: 0, deliveries: 4040, failed: 200 };
    expect(await totalCounts(table, "score")).toEqual(counts);

    const again = await scoreBatch(portsOf(table), [...batch, ...batch]);
    expect(again).toMatchObject({ repeated: 8000 - 200, series: { events: 0 } });
    expect(again.failed).toHaveLength(200);
    expect(await totalCounts(table, "score")).toEqual(counts);
  });

  it("finds a damaged open chunk, and knows from the head what is a repeat", async () => {
    const table = memoryTable();
    const records = Array.from({ length: 5 }, (_, n) => record(n, metric("a", n, { cpu: 1, memory: 1 })));
    await scoreBatch(portsOf(table), records.slice(0, 3));
    await change(table, "a", ({ bytes }) => {
      const text = Buffer.from(bytes!).toString("latin1");
      return { bytes: Buffer.from(text.replace("WPT", "WPX").replace("TPW", "XPW"), "latin1") };
    });
    const report = await scoreBatch(portsOf(table), records);
    expect(numbersOf(report.failed.map((one) => one.record))).toEqual(numbersOf(records.slice(3)));
    expect(report.repeated).toBe(3);
  });
});

describe("scoreBatch, when a model cannot be read,", () => {
  const batch = [record(0, metric("a", 0, { cpu: 1, memory: 1 }))];
  const failing = (table: Table, error: unknown) => ({
    ...portsOf(table),
    scorerOf: async () => {
      throw error;
    },
  });

  it.each([new AppError("CORRUPT", "sha256"), new AppError("NOT_FOUND", "gone"), new SyntaxError("JSON")])(
    "lets the series warm up and says so: %s",
    async (error) => {
      const table = memoryTable();
      const report = await scoreBatch(failing(table, error), batch);
      expect(report).toMatchObject({ failed: [], series: { events: 1, warmingUp: 1 } });
      expect(report.unusableModels).toEqual([{ detector: "host", reason: error.message }]);
    },
  );

  it("throws when that passes: nothing is applied without the model", async () => {
    const table = memoryTable();
    const unreachable = failing(table, new AppError("UNAVAILABLE", "disk"));
    await expect(scoreBatch(unreachable, batch)).rejects.toThrow("disk");
    expect(table.items()).toEqual([]);
  });
});

describe("scoreBatch, when scoring throws what nobody expected,", () => {
  const records = recordsFrom(0, 2);
  const breaking = async (table: Table, error: unknown) => {
    const scorer = await distanceScorer(host);
    const score = async () => {
      throw error;
    };
    return scorePorts(table, [host], [{ ...scorer, score }]);
  };

  it("throws it for a batch, and keeps the record once it is alone", async () => {
    const table = memoryTable();
    const ports = await breaking(table, new TypeError("poison"));
    await expect(scoreBatch(ports, records)).rejects.toThrow("poison");
    const report = await scoreBatch(ports, records.slice(0, 1));
    expect(report.failed).toEqual([{ record: records[0], reason: "detector host, entity host-0: poison" }]);
    await scoreBatch(ports, records.slice(0, 1));
    expect(await totalCounts(table, "score")).toMatchObject({ received: 1, deliveries: 1, failed: 1 });
  });

  it.each(["UNAVAILABLE", "CONFLICT"] as const)("never gives up a record for %s", async (code) => {
    const ports = await breaking(memoryTable(), new AppError(code, "later"));
    await expect(scoreBatch(ports, records.slice(0, 1))).rejects.toThrow("later");
  });

  it("keeps the text of what is no error", async () => {
    const report = await scoreBatch(await breaking(memoryTable(), "odd"), records.slice(0, 1));
    expect(report.failed[0]!.reason).toBe("detector host, entity host-0: odd");
  });
});

describe("scoreBatch, when it is not the record's fault,", () => {
  const one = recordsFrom(0, 1);
  const faults = [
    new AppError("INTERNAL", "no such table"),
    new AppError("NOT_FOUND", "no such table"),
    new AppError("UNAVAILABLE", "refused"),
    new TypeError("a fault of the adapter"),
  ];
  const throwing = (error: unknown) => async () => {
    throw error;
  };

  it.each(faults)("gives up no record for what a table throws: %s", async (error) => {
    const table = memoryTable();
    for (const broken of [
      { ...table, getMany: throwing(error) },
      { ...table, putMany: throwing(error) },
    ]) {
      await expect(scoreBatch(portsOf(broken), one)).rejects.toBe(error);
    }
    expect(table.items()).toEqual([]);
  });

  it("gives up no record for what the detectors or the models' store throw", async () => {
    const error = new AppError("INTERNAL", "refused");
    const ports = portsOf(memoryTable());
    await expect(scoreBatch({ ...ports, detectors: throwing(error) }, one)).rejects.toBe(error);
    await expect(scoreBatch({ ...ports, scorerOf: throwing(error) }, one)).rejects.toBe(error);
  });

  it.each(["VALIDATION", "TOO_LARGE"] as const)("but gives up one whose items the table refuses: %s", async (code) => {
    const table = memoryTable();
    const strict: Table = {
      ...table,
      putMany: async (puts) => {
        if (puts.some(({ item }) => item.sk === "HEAD")) throw new AppError(code, "too long");
        return await table.putMany(puts);
      },
    };
    await expect(scoreBatch(portsOf(strict), recordsFrom(0, 2))).rejects.toThrow("too long");
    const report = await scoreBatch(portsOf(strict), one);
    expect(report.failed).toEqual([{ record: one[0], reason: "too long" }]);
    expect(await totalCounts(table, "score")).toMatchObject({ received: 1, deliveries: 1, failed: 1 });
  });
});
