import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { Detector } from "../detector.ts";
import { LogDetector } from "../log/detector.ts";
import { rateDetectorOf } from "../log/rates.ts";
import {
  deleteDetector,
  detectorEntry,
  detectorLister,
  getDetector,
  getLogDetector,
  getMetricDetector,
  listDetectors,
  logDetectorLister,
  partEntries,
  putDetector,
  seriesIdsOf,
} from "./detectors.ts";

const detector = (id: string, parts: object = {}) => Detector.parse({ id, features: [{ metric: "cpu" }], ...parts });
const logs = (id: string, parts: object = {}) => LogDetector.parse({ id, match: { type: "log" }, ...parts });

describe("stored detectors", () => {
  it("are written over the version that was read, and over no other", async () => {
    const table = memoryTable();
    expect(await putDetector(table, detector("a"), undefined)).toBe("written");
    expect(await putDetector(table, detector("a"), undefined)).toBe("conflict");
    expect(await putDetector(table, detector("a", { sensitivity: 7 }), 1)).toBe("written");
    expect(await putDetector(table, detector("a"), 1)).toBe("conflict");
    expect(await getDetector(table, "a")).toEqual({ detector: detector("a", { sensitivity: 7 }), version: 2 });
    expect(await deleteDetector(table, "a", 1)).toBe("conflict");
    expect(await deleteDetector(table, "a", 2)).toBe("written");
    expect(await getDetector(table, "a")).toBeUndefined();
  });

  it("are listed by id, also over several pages and from the middle", async () => {
    const table = memoryTable();
    const ids = Array.from({ length: 250 }, (_, n) => `d-${String(n).padStart(3, "0")}`);
    for (const id of ids.toReversed()) await putDetector(table, detector(id), undefined);
    expect((await listDetectors(table)).map(({ id }) => id)).toEqual(ids);
    const page = await listDetectors(table, { after: "d-100", limit: 2 });
    expect(page.map(({ read }) => read)).toEqual([detector("d-101"), detector("d-102")]);
  });

  it("are refused by name when damaged, which keeps no other from being listed", async () => {
    const table = memoryTable();
    const item = { pk: "DETECTOR", sk: "a", version: 7, doc: '{"id":' };
    await table.putMany([{ item, condition: { kind: "any" } }]);
    await putDetector(table, detector("b"), undefined);
    await expect(getDetector(table, "a")).rejects.toThrow("the stored detector a cannot be read");
    expect(partEntries(await listDetectors(table))).toEqual({
      ...{ readable: [detector("b")], metric: [detector("b")], log: [] },
      unreadable: [{ id: "a", reason: expect.stringContaining("the stored detector a cannot be read") }],
    });
    expect(await detectorEntry(table, "a")).toMatchObject({ id: "a", version: 7, read: { code: "CORRUPT" } });
    expect(await detectorEntry(table, "c")).toBeUndefined();
  });
});

describe("detectors of metrics and of logs side by side", () => {
  const web = detector("web");
  const [hdfs, quiet] = [logs("hdfs", { rates: {} }), logs("quiet")];
  const bothKinds = async () => {
    const table = memoryTable();
    for (const one of [web, hdfs, quiet]) await putDetector(table, one, undefined);
    return table;
  };

  it("are read as what they are, and listed together", async () => {
    const table = await bothKinds();
    expect((await getDetector(table, "hdfs"))?.detector).toEqual(hdfs);
    const item = { pk: "DETECTOR", sk: "torn", version: 1 };
    await table.putMany([{ item, condition: { kind: "any" } }]);
    const entries = await listDetectors(table);
    expect(partEntries(entries)).toMatchObject({ readable: [hdfs, quiet, web], metric: [web], log: [hdfs, quiet] });
    expect(seriesIdsOf(entries)).toEqual(["hdfs.rates", "torn", "web"]);
  });

  it("have series under their id, logs only as template rates", async () => {
    const table = await bothKinds();
    expect(await getMetricDetector(table, "web")).toEqual({ detector: web, version: 1 });
    expect(await getMetricDetector(table, "hdfs.rates")).toEqual({ detector: rateDetectorOf(hdfs), version: 1 });
    for (const id of ["quiet.rates", "web.rates", "none.rates", ".rates", "none"]) {
      expect(await getMetricDetector(table, id)).toBeUndefined();
    }
    await expect(getMetricDetector(table, "quiet")).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'Detector "quiet" watches logs: its sessions are under /v1/sessions.',
    });
    await expect(getMetricDetector(table, "hdfs")).rejects.toThrow('template rates are the series of "hdfs.rates"');
  });

  it("have sessions only where they watch logs", async () => {
    const table = await bothKinds();
    expect(await getLogDetector(table, "hdfs")).toEqual({ detector: hdfs, version: 1 });
    expect(await getLogDetector(table, "none")).toBeUndefined();
    await expect(getLogDetector(table, "web")).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("are listed for the stage that they belong to, as the same objects", async () => {
    const table = await bothKinds();
    await putDetector(table, logs("off", { enabled: false }), undefined);
    const ofLogs = logDetectorLister(table, () => 0, 0);
    const first = await ofLogs();
    expect(first).toEqual([hdfs, quiet]);
    expect((await ofLogs())[0]).toBe(first[0]);
    expect(await detectorLister(table, () => 0, 0)()).toEqual([web]);
  });
});

describe("detectorLister", () => {
  it("reads again when its answer has aged, keeps unchanged objects and leaves disabled ones out", async () => {
    const table = memoryTable();
    let nowMs = 0;
    const list = detectorLister(table, () => nowMs, 1000);
    await putDetector(table, detector("a"), undefined);
    await putDetector(table, detector("off", { enabled: false }), undefined);
    const first = await list();
    expect(first.map(({ id }) => id)).toEqual(["a"]);
    await putDetector(table, detector("b"), undefined);
    nowMs = 999;
    expect(await list()).toBe(first);
    nowMs = 1000;
    const second = await list();
    expect(second.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(second[0]).toBe(first[0]);
  });

  it("leaves out what it cannot read, says so once per document, and goes on with the others", async () => {
    const table = memoryTable();
    const bad: string[] = [];
    const list = detectorLister(
      table,
      () => 0,
      0,
      (id, error) => bad.push(`${id}: ${error.code}`),
    );
    const put = (sk: string, doc: string) =>
      table.putMany([{ item: { pk: "DETECTOR", sk, version: 1, doc }, condition: { kind: "any" } }]);
    await putDetector(table, detector("a"), undefined);
    await put("newer", '{"id":"newer","forecast":true}');
    await put("torn", '{"id":');
    const first = await list();
    expect(first.map(({ id }) => id)).toEqual(["a"]);
    expect((await list())[0]).toBe(first[0]);
    expect(bad).toEqual(["newer: CORRUPT", "torn: CORRUPT"]);
    await put("torn", JSON.stringify(detector("torn")));
    expect((await list()).map(({ id }) => id)).toEqual(["a", "torn"]);
    expect(bad).toHaveLength(2);
  });

  it("reads with a callback that nobody gave, too", async () => {
    const table = memoryTable();
    await table.putMany([{ item: { pk: "DETECTOR", sk: "a", version: 1 }, condition: { kind: "any" } }]);
    expect(await detectorLister(table, () => 0, 0)()).toEqual([]);
  });
});
